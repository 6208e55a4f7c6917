import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open.ts';
import { apiServer } from '../../fixtures/api-server.ts';
import { freshPostgresDatabase, postgresUrl } from '../../servers/index.ts';

const child = fileURLToPath(new URL('./serving-child.ts', import.meta.url));
const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends) await end();
});

async function sqliteFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dear-api-survival-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'dear.db');
}

async function postgresDatabase(): Promise<string> {
  const { url, drop } = await freshPostgresDatabase();
  ends.push(drop);
  return url;
}

async function start(databaseUrl: string) {
  const server = spawn(process.execPath, ['--import', 'tsx', child, databaseUrl], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(server.stdout, 'data');
  const [port, secret] = String(line).trim().split(' ');
  return { server, url: `http://127.0.0.1:${port}/api/events`, secret };
}

const CALLS = 60;
const EVENTS = 20;
const batch = (call: number) =>
  Array.from({ length: EVENTS }, (_, place) => ({
    id: `${call}-${place}`,
    type: 'order',
    email: `k${(call * EVENTS + place) % 17}@example.com`,
  }));

describe.each([
  ['SQLite', true, sqliteFile],
  ['PostgreSQL', postgresUrl() !== undefined, postgresDatabase],
] as const)('on %s', (_name, present, database) => {
  test.skipIf(!present)(
    'events that were answered outlive kill -9, and all count once when sent again',
    async () => {
      const databaseUrl = await database();
      const { server, url, secret } = await start(databaseUrl);
      const answered = new Set<number>();
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
      // Some answers arrive, then the process dies in the middle of the others.
      const asked = Array.from({ length: CALLS }, async (_, call) => {
        const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(batch(call)) });
        expect(answer.status).toBe(200);
        answered.add(call);
        if (answered.size === 10) server.kill('SIGKILL');
      });
      await Promise.allSettled(asked);
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
      expect(server.signalCode).toBe('SIGKILL');
      expect(answered.size).toBeGreaterThanOrEqual(10);

      const store = await openStore(databaseUrl, 'secret');
      ends.unshift(() => store.close());
      const { events } = store.tables;
      const kept = new Set((await store.orm.select({ key: events.key }).from(events)).map(({ key }) => key));
      for (const call of answered) for (const { id } of batch(call)) expect(kept).toContain(`i:${id}`);

      const again = apiServer(store);
      const key = await again.key('events');
      let added = 0;
      for (let call = 0; call < CALLS; call += 1) {
        const answer = await again.call(key, { method: 'POST', url: '/api/events', payload: batch(call) });
        const { added: fresh, duplicates } = answer.json();
        expect(fresh + duplicates.length).toBe(EVENTS);
        if (answered.has(call)) expect(fresh).toBe(0);
        added += fresh;
      }
      expect(kept.size + added).toBe(CALLS * EVENTS);
      await again.http.close();
    },
  );
});
