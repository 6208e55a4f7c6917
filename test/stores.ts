import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import type { Store } from '../src/store/database.ts';
import { openStore } from '../src/store/open.ts';
import { freshPostgresDatabase, postgresUrl } from './servers/index.ts';

/** Runs one contract suite on every database. `open` gives a new, empty, migrated store; they are removed after the suite. */
export function onEveryStore(name: string, suite: (open: () => Promise<Store>) => void): void {
  describe(`${name} on SQLite`, () => {
    const ends: Array<() => Promise<unknown>> = [];
    afterAll(() => endAll(ends));
    suite(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'dear-store-'));
      const store = await openStore(join(folder, 'dear.db'), 'thread');
      ends.push(
        () => store.close(),
        () => rm(folder, { recursive: true, force: true }),
      );
      return store;
    });
  });
  describe.skipIf(postgresUrl() === undefined)(`${name} on PostgreSQL`, () => {
    const ends: Array<() => Promise<unknown>> = [];
    afterAll(() => endAll(ends));
    suite(async () => {
      const database = await freshPostgresDatabase();
      const store = await openStore(database.url);
      ends.push(() => store.close(), database.drop);
      return store;
    });
  });
}

async function endAll(ends: Array<() => Promise<unknown>>): Promise<void> {
  for (const end of ends) await end();
}
