import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StatedEvents } from '../../src/profiles/stated-events.ts';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { LOAD_FROM } from '../../src/store/bulk-events.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { intakeStore } from '../../src/store/intake.ts';
import { openStore } from '../../src/store/open.ts';
import { Engine } from '../../src/store/sqlite-engine.ts';
import { openHandle } from '../../src/store/sqlite-handle.ts';
import { SqliteLog } from '../../src/store/sqlite-log.ts';

const mark = (of: number) => sql`INSERT INTO trait_marks (profile_id) VALUES (${of})`;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dear-log-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('only what was committed since is waited for', async () => {
  const log = new SqliteLog(join(folder, 'nowhere'));
  // There is no such log: a wait would fail.
  await log.kept();
  log.wrote();
  await expect(log.kept()).rejects.toThrow('nowhere-wal');
  await log.close();
});

test('who is told that it failed may ask again', async () => {
  const path = join(folder, 'late');
  const log = new SqliteLog(path);
  log.wrote();
  const asked = [log.kept(), log.kept()];
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await writeFile(`${path}-wal`, '');
  await log.kept();
  await log.close();
});

test('a commit waits for the disk unless it is hasty', async () => {
  const engine = new Engine(openHandle(join(folder, 'engine.db'), 0));
  const waits = (hasty?: boolean) =>
    engine.do({ kind: 'all', text: 'PRAGMA synchronous', params: [], ...(hasty && { hasty }) })[0]?.rows[0];
  const [normal, full] = [[1], [2]];
  expect([waits(), waits(true), waits(true), waits()]).toEqual([full, normal, normal, full]);
  engine.do({ kind: 'begin', hasty: true });
  // The transaction is what it was begun as.
  expect(waits()).toEqual(normal);
  engine.do({ kind: 'commit' });
  expect(waits()).toEqual(full);
  engine.close();
});

test.each(['here', 'thread'] as const)('hasty commits beside others, written %s', async (writing) => {
  const path = join(folder, `${writing}.db`);
  const store = await openStore(path, 'a secret of the tests', writing);
  await store.hasty.run(mark(1));
  await store.run(mark(2));
  await store.hasty.transaction(async (tx) => {
    await tx.run(mark(3));
    await tx.run(mark(4));
  });
  await expect(
    store.hasty.transaction(async (tx) => {
      await tx.run(mark(5));
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await store.transaction((tx) => tx.run(mark(6)).then(() => undefined));
  await store.kept();
  const others = await openStore(path, 'a secret of the tests');
  expect(await others.rows(sql`SELECT profile_id AS id FROM trait_marks ORDER BY 1`)).toEqual(
    [1, 2, 3, 4, 6].map((id) => ({ id })),
  );
  await others.close();
  await store.close();
});

/** How often this process has the log of a database open: once a handle of SQLite, and once to wait for it. */
function opened(path: string): number {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      return ''; // The one that the folder itself was read by.
    }
  });
  return links.filter((link) => link === `${path}-wal`).length;
}

const event = {
  key: 'i:1',
  digest: Number.NaN,
  profileId: 1,
  type: 'view',
  at: 1,
  properties: '{}',
};
const stated = (count: number) =>
  StatedEvents.of(
    Array.from({ length: count }, (_, at) => ({ ...event, key: `i:${at}`, at, whose: 'a@example.com' })),
  );
const ways: readonly [string, boolean, (store: Store) => Promise<unknown>][] = [
  ['a plain statement', false, (store) => store.run(mark(1))],
  ['a plain transaction', false, (store) => store.transaction((tx) => tx.run(mark(1)))],
  ['a hasty statement', true, (store) => store.hasty.run(mark(1))],
  ['a hasty transaction', true, (store) => store.hasty.transaction((tx) => tx.run(mark(1)))],
  [
    'an event of the API',
    true,
    (store) =>
      intakeStore(store, defaultTraitSettings).addEvents([{ ...event, properties: {}, receivedAt: 1 }]),
  ],
  ['an event of a file', false, (store) => eventStore(store).addStated(stated(1), true, 1)],
  ['many events of a file', true, (store) => eventStore(store).addStated(stated(LOAD_FROM), true, 1)],
];

test.skipIf(!existsSync('/proc/self/fd')).each(ways)(
  'after %s the log is waited for: %s (asked of Linux, what it has open)',
  async (name, isWaitedFor, write) => {
    const path = join(folder, `${name}.db`);
    const store = await openStore(path, 'a secret of the tests', 'thread');
    await write(store);
    const before = opened(path);
    await store.kept();
    expect(opened(path) - before).toBe(isWaitedFor ? 1 : 0);
    await store.close();
    expect(opened(path)).toBe(0);
  },
);
