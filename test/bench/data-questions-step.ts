import { stat } from 'node:fs/promises';
import { type SQL, sql } from 'drizzle-orm';
import type { App } from '../../src/app.ts';
import { readTraitSettings } from '../../src/profiles/trait-settings.ts';
import { parseRule } from '../../src/segments/rule.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { wideReadings } from './event-readings.ts';
import { openInstallation } from './installation.ts';
import { inMilliseconds } from './measure.ts';
import type { DataQuestions } from './results.ts';
import { runStep } from './steps.ts';
import { typicalSegments } from './typical-segments.ts';

const DOSSIERS = 1000;
const NEWEST = 20;

/** Asks an installation that is full of data what its faces ask: dossiers, and how many profiles a rule fits. */
await runStep(async (options): Promise<DataQuestions> => {
  const app = await openInstallation(options);
  const store = await openStore(app.config.databaseUrl, app.config.secret, 'thread');
  const started = performance.now();
  await app.traits.fold();
  const foldSeconds = (performance.now() - started) / 1000;
  const databaseBytes = await sizeOf(store, app);
  const dossiers = await dossierTimes(app);
  const segments: DataQuestions['segments'] = [];
  for (const { name, rule } of typicalSegments) {
    const { store: watched, queries } = watching(store);
    const ports = segmentStore(watched, {
      traits: readTraitSettings(app.config.traits),
      zone: app.config.timeZone,
    });
    const started = performance.now();
    const count = await ports.count(parseRule(rule, name), Date.now());
    const seconds = (performance.now() - started) / 1000;
    const wide = (await Promise.all(queries.map((query) => wideReadings(store, query)))).flat();
    segments.push({ name, count, seconds, wide });
  }
  await store.close();
  await app.close();
  const peakRssMiB = process.resourceUsage().maxRSS / 1024;
  return { foldSeconds, databaseBytes, ...dossiers, segments, peakRssMiB };
});

async function dossierTimes(app: App) {
  const profiles = await app.profiles.count();
  const read = (index: number) =>
    app.dossiers.read(
      { email: `customer-${(index * 7919) % profiles}@example.test`, externalIds: [] },
      NEWEST,
    );
  await read(0); // The first one starts what reads.
  const times = await inMilliseconds(DOSSIERS, read);
  return { dossierP50Ms: times(0.5), dossierP99Ms: times(0.99) };
}

/** A store that keeps the queries over all profiles that are asked of it. */
function watching(store: Store): { store: Store; queries: SQL[] } {
  const queries: SQL[] = [];
  return {
    queries,
    store: {
      ...store,
      scan: (query, chunkSize) => {
        queries.push(query);
        return store.scan(query, chunkSize);
      },
    },
  };
}

async function sizeOf(store: Store, { config }: App): Promise<number> {
  if (store.phrases.name === 'sqlite') return (await stat(config.databaseUrl)).size;
  const [row] = await store.rows<{ size: number }>(sql`SELECT pg_database_size(current_database()) AS size`);
  return row?.size ?? 0;
}
