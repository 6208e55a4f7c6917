import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DearError } from '../../errors.ts';
import { type ImportReport, importEvents, importProfiles } from '../../profiles/import/import.ts';
import { readSegmentFile } from '../../segments/segment.ts';
import type { Narrator } from './narrator.ts';
import { type Shop, sampleShop } from './shop.ts';
import { type ShopFiles, writeShop } from './shop-files.ts';
import type { Stage } from './stage.ts';

/** The shop as it was brought in. */
export interface Prepared {
  readonly shop: Shop;
  readonly files: ShopFiles;
  readonly customers: number;
  readonly events: number;
  readonly suppressed: number;
}

const KB = 1024;
const count = new Intl.NumberFormat('en');

/** Writes the sample shop as files and brings them in by the importers behind `dear … import`. */
export async function prepareShop(stage: Stage, narrator: Narrator, now: number): Promise<Prepared> {
  const { app } = stage;
  const shop = sampleShop(now);
  const folder = join(stage.folder, 'shop');
  await mkdir(folder);
  const files = await writeShop(shop, folder);
  const profiles = await imported(narrator, 'Customers', stage, files.customers, (options) =>
    importProfiles(app.profiles, { consentSource: 'sign-up form of the sample shop' }, options),
  );
  const events = await imported(narrator, 'Orders and views', stage, files.events, (options) =>
    importEvents(app, {}, options),
  );
  const suppressed = await app.suppressions.add(
    shop.customers.flatMap(({ email, suppressed: reason }) =>
      reason === undefined ? [] : [{ address: email, reason, source: 'sample shop', at: now }],
    ),
  );
  await app.segments.save(await readSegmentFile(files.segment), now);
  narrator.done(
    `Hazel & Pine has ${count.format(profiles.added)} customers with ${count.format(events.added)} orders and views; ${suppressed} addresses must not be mailed.`,
  );
  return { shop, files, customers: profiles.added, events: events.added, suppressed };
}

type Options = Parameters<typeof importProfiles>[2];

async function imported(
  narrator: Narrator,
  title: string,
  stage: Stage,
  path: string,
  run: (options: Options) => Promise<ImportReport>,
): Promise<ImportReport> {
  narrator.goOn();
  const bar = narrator.bar(title, Math.ceil((await stat(path)).size / KB), 'kB');
  const onProgress = (read: number) => bar.to(Math.ceil(read / KB));
  const places = { path, cwd: stage.folder, dataDir: stage.folder };
  const report = await run({ ...places, onProgress }).finally(() => bar.end());
  if (report.refused === 0) return report;
  throw new DearError('demo.shop', `The sample shop has ${report.refused} rows that cannot be brought in.`, {
    mend: `See ${report.refusedFile ?? path}.`,
  });
}
