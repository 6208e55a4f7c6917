import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { Engine } from '../../src/store/sqlite-engine.ts';
import { openHandle } from '../../src/store/sqlite-handle.ts';
import { SqliteLog } from '../../src/store/sqlite-log.ts';

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
  const mark = (of: number) => sql`INSERT INTO trait_marks (profile_id) VALUES (${of})`;
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
