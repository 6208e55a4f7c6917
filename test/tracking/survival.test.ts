import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asc } from 'drizzle-orm';
import { afterAll, describe, expect, test } from 'vitest';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { openStore } from '../../src/store/open.ts';
import { foldArrivals } from '../../src/tracking/fold.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { freshPostgresDatabase, postgresUrl, redisUrl } from '../servers/index.ts';

const SECRET = 'a secret of the tests';
const child = fileURLToPath(new URL('./answering-child.ts', import.meta.url));
const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends) await end();
});

async function sqliteFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-survival-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'dear.db');
}

async function postgresDatabase(): Promise<string> {
  const { url, drop } = await freshPostgresDatabase();
  ends.push(drop);
  return url;
}

/** Starts a server process of its own, gives its port. */
async function start(databaseUrl: string, queueUrl: string) {
  const server = spawn(process.execPath, ['--import', 'tsx', child, databaseUrl, SECRET, queueUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout, 'data');
  return { server, base: `http://127.0.0.1:${String(line).trim()}` };
}

const backends: readonly [string, boolean, () => Promise<string>, () => Promise<string>][] = [
  ['SQLite and the embedded queue', true, sqliteFile, async () => ''],
  ['SQLite and a queue on Redis', redisUrl() !== undefined, sqliteFile, async () => redisUrl() ?? ''],
  ['PostgreSQL for both', postgresUrl() !== undefined, postgresDatabase, postgresDatabase],
];

describe.each(backends)('with %s', (_name, present, database, queue) => {
  test.skipIf(!present)('a hit that was answered outlives kill -9 in the next instant', async () => {
    const databaseUrl = await database();
    const store = await openStore(databaseUrl, 'a secret of the tests');
    ends.unshift(() => store.close());
    const letters = await Promise.all(Array.from({ length: 12 }, () => sentLetter(store)));
    const { server, base } = await start(databaseUrl, await queue());
    const tokens = makeTokens(SECRET);
    const answered: string[] = [];
    const hits = letters.flatMap(({ sendId }) => {
      const all = tokens.of(sendId);
      return [
        [`open ${sendId}`, `/o/${all.open}.gif`, 'GET'],
        [`click ${sendId}`, `/c/${all.click}/0`, 'GET'],
        [`unsubscribe ${sendId}`, `/u/${all.unsubscribe}`, 'POST'],
      ] as const;
    });
    // The first dozen answers arrive, then the process dies in the middle of the others.
    const asked = hits.map(async ([name, path, method]) => {
      const answer = await fetch(base + path, { method, redirect: 'manual' });
      expect(answer.status).toBeLessThan(400);
      answered.push(name);
      if (answered.length === 12) server.kill('SIGKILL');
    });
    await Promise.allSettled(asked);
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    expect(server.signalCode).toBe('SIGKILL');
    const { arrivals } = store.tables;
    const kept = await store.orm.select().from(arrivals).orderBy(asc(arrivals.id));
    const names = kept.map((row) => `${row.kind} ${row.facts.send}`);
    expect(answered.length).toBeGreaterThanOrEqual(12);
    for (const name of answered) expect(names).toContain(name);
    const consents = await store.orm.select().from(store.tables.consents);
    const out = consents.filter((row) => row.state === 'out').length;
    expect(out).toBe(names.filter((name) => name.startsWith('unsubscribe')).length);
    const readMail = async () => ({ state: 'unmatched', note: 'none' }) as const;
    const log = { warn: () => undefined };
    expect(await foldArrivals({ arrivals: arrivalStore(store), readMail, log })).toBe(kept.length);
  });
});
