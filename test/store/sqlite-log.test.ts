import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import type { BulkInsert, Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { Checkpoints } from '../../src/store/sqlite-checkpoints.ts';
import { openHandle } from '../../src/store/sqlite-handle.ts';
import { beforeAnew, type LogLimits, type Moment, PAGE_OCTETS } from '../../src/store/sqlite-log.ts';

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

interface Log {
  readonly log: number;
  readonly checkpointed: number;
}

/** A writer whose commits copy nothing back, and somebody who looks after its log. */
async function looked(limits: LogLimits) {
  const folder = await mkdtemp(join(tmpdir(), 'dear-log-'));
  const path = join(folder, 'dear.db');
  const handle = openHandle(path, 5000, 1_000_000);
  handle.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)');
  const insert = handle.prepare('INSERT INTO notes (text) VALUES (?)');
  for (const text of beforeAnew('calm', limits)) handle.exec(text);
  const moments: Moment[] = [];
  const begin = async (moment: Moment) => {
    moments.push(moment);
    for (const text of beforeAnew(moment, limits)) handle.exec(text);
  };
  const checkpoints = new Checkpoints(path, begin, limits);
  open.push(async () => {
    await checkpoints.close();
    handle.close();
    await rm(folder, { recursive: true, force: true });
  });
  const look = () => {
    const [state] = handle.pragma('wal_checkpoint(NOOP)') as Log[];
    return state ?? { log: 0, checkpointed: 0 };
  };
  /** Commits without a pause until the log is as wished. */
  const writeUntil = async (isAsWished: (now: Log) => boolean) => {
    for (const until = performance.now() + 20_000; !isAsWished(look()); ) {
      expect(performance.now()).toBeLessThan(until);
      for (let row = 0; row < 5; row += 1) insert.run('x'.repeat(3900));
      checkpoints.wrote();
      await wait(0);
    }
  };
  const octets = async () => (await stat(`${path}-wal`)).size;
  return { look, writeUntil, octets, moments };
}

test('a log that is too long begins anew though the writer never rests', async () => {
  const { writeUntil } = await looked({ portion: 200, long: 400, tooLong: 1500 });
  for (let turn = 0; turn < 3; turn += 1) {
    await writeUntil(({ log }) => log >= 1500);
    await writeUntil(({ log }) => log < 200);
  }
}, 60_000);

test('a log keeps its length for a busy writer, and is cut when the writer has rested', async () => {
  const limits = { portion: 10_000, long: 1400, tooLong: 1500 };
  const { writeUntil, octets, moments } = await looked(limits);
  await writeUntil(({ log }) => log >= limits.tooLong);
  const before = await octets();
  await writeUntil(({ log }) => log < limits.long);
  expect(new Set(moments)).toEqual(new Set(['busy']));
  expect(await octets()).toBeGreaterThanOrEqual(before);
  await writeUntil(({ log }) => log > limits.long && log < limits.tooLong);
  await expect.poll(() => moments.at(-1), { timeout: 5000 }).toBe('calm');
  await writeUntil(({ log }) => log < 100);
  expect(await octets()).toBeLessThan((limits.long + 100) * PAGE_OCTETS);
}, 60_000);

test('a long log is copied back whole in a calm moment', async () => {
  const { look, writeUntil } = await looked({ portion: 2000, long: 1000, tooLong: 100_000 });
  await writeUntil(({ log, checkpointed }) => log > 2100 && log - checkpointed > 10);
  await expect.poll(() => look().log - look().checkpointed, { timeout: 5000 }).toBe(0);
  await writeUntil(({ log }) => log < 100);
}, 30_000);

test('a log that was long is cut when it begins anew', async () => {
  const store = await made();
  for (let turn = 0; turn < 4; turn += 1) await writePages(store, 18_000, `turn ${turn}`);
  const [file] = await store.rows<{ file: string }>(sql`PRAGMA database_list`);
  const octets = async () => (await stat(`${file?.file}-wal`)).size;
  expect(await octets()).toBeGreaterThan(280e6);
  await expect
    .poll(
      async () => {
        await writePages(store, 1, `at ${performance.now()}`);
        await wait(300);
        return octets();
      },
      { timeout: 20_000 },
    )
    .toBeLessThan(270e6);
}, 60_000);
