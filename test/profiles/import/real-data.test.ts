import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { expect, test } from 'vitest';
import { importEvents, importProfiles } from '../../../src/profiles/import/import.ts';
import { parseRetention } from '../../../src/profiles/retention.ts';
import { eventStore } from '../../../src/store/events.ts';
import { profileStore } from '../../../src/store/profiles.ts';
import { onEveryStore } from '../../stores.ts';

const LINES = 20_000;
const retail = fileURLToPath(
  new URL('../../../../shared/data/online-retail-to-2011-09.csv.gz', import.meta.url),
);

/** The first lines of the real file, in a folder of ours: nothing is written beside the original. */
async function firstLines(path: string): Promise<string[]> {
  const unpacked = createReadStream(path).pipe(createGunzip());
  const lines: string[] = [];
  for await (const line of createInterface({ input: unpacked })) {
    lines.push(line);
    if (lines.length > LINES) break;
  }
  return lines;
}

onEveryStore('a real shop’s order lines', (open) => {
  test.skipIf(!existsSync(retail))(
    `the first ${LINES} (needs ../shared/data beside the repository)`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'dear-retail-'));
      try {
        const lines = await firstLines(retail);
        const path = join(folder, 'orders.csv');
        await writeFile(path, `${lines.join('\n')}\n`);
        const store = await open();
        const profiles = profileStore(store);
        const events = eventStore(store);
        const options = { path, cwd: folder, dataDir: folder };
        const email = 'customer-{CustomerID|integer}@example.test';
        const customers = await importProfiles(
          profiles,
          { email, attributes: { country: '{Country}' } },
          options,
        );
        expect(customers.rows).toBe(LINES);
        expect(customers.added).toBe(await profiles.count());
        expect(customers.reasons).toEqual([{ reason: 'CustomerID is empty', count: customers.refused }]);
        expect(customers.added + customers.merged + customers.refused).toBe(LINES);
        const mapping = {
          email,
          type: [{ when: { InvoiceNo: { startsWith: 'C' } }, is: 'cancel' }, { is: 'order' }],
          at: '{InvoiceDate}',
          properties: {
            invoice: '{InvoiceNo}',
            sku: '{StockCode}',
            price: '{UnitPrice|number}',
            quantity: '{Quantity|number}',
          },
        };
        const ports = { events, retention: parseRetention(undefined) };
        const first = await importEvents(ports, mapping, options);
        expect(first).toMatchObject({ rows: LINES, refused: customers.refused, profilesAdded: 0 });
        expect(first.added + first.unchanged + first.refused).toBe(LINES);
        const again = await importEvents(ports, mapping, options);
        expect(again).toMatchObject({ added: 0, unchanged: first.added + first.unchanged });
        const ids = await profiles.idsOf(['customer-17850@example.test']);
        const newest = await events.newest([...ids.values()], { type: 'order', limit: 3, distinctBy: 'sku' });
        expect([...newest.values()][0]).toHaveLength(3);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});
