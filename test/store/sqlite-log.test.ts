import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import type { BulkInsert, Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of open.splice(0)) await end();
});

async function made(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-log-'));
  const store = await openStore(join(folder, 'dear.db'), 'secret', 'thread');
  open.push(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return store;
}

const addNotices: BulkInsert = {
  into: 'notices',
  columns: { key: 'text', text: 'text', since: 'int', at: 'int' },
};

/** About so many pages, in one commit. */
const writePages = (store: Store, count: number, name: string) =>
  store.transaction((tx) =>
    tx.insertMany(
      addNotices,
      Array.from({ length: count }, (_, index) => [`${name} ${index}`, 'x'.repeat(3900), 1, 1]),
    ),
  );

async function logOf(store: Store): Promise<{ log: number; checkpointed: number }> {
  const [state] = await store.rows<{ log: number; checkpointed: number }>(sql`PRAGMA wal_checkpoint(NOOP)`);
  return state ?? { log: 0, checkpointed: 0 };
}

test('pages of a long log are copied back beside the writer, and the log begins anew', async () => {
  const store = await made();
  await writePages(store, 18_000, 'many');
  expect((await logOf(store)).log).toBeGreaterThan(16_000);
  // Only what asks something of the database has somebody look after its log.
  for (let turn = 0; (await logOf(store)).checkpointed < 16_000; turn += 1) {
    expect(turn).toBeLessThan(200);
    await wait(50);
  }
  await writePages(store, 1, 'one more');
  expect((await logOf(store)).log).toBeLessThan(100);
  const [row] = await store.rows<{ count: number }>(sql`SELECT count(*) AS count FROM notices`);
  expect(row?.count).toBe(18_001);
}, 30_000);

test('the log can be emptied while its pages are being copied back', async () => {
  const store = await made();
  for (let turn = 0; turn < 5; turn += 1) {
    await writePages(store, 17_000, `turn ${turn}`);
    await wait(80 + turn * 15);
    await store.scrub();
    expect(await logOf(store)).toMatchObject({ log: 0 });
  }
}, 60_000);
