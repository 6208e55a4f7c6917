import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isConnectionError } from '../../src/queue/log.ts';
import { openQueues } from '../../src/queue/open.ts';
import { shownUrl } from '../../src/queue/url.ts';
import { freePort, freshPostgresDatabase, postgresUrl, redisUrl } from '../servers/index.ts';
import { startRedis } from '../servers/redis.ts';
import { MemoryLog, quick, until } from './harness.ts';

const schemes = ['redis', 'postgres'];
const afterwards: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  for (const undo of afterwards.splice(0)) await undo();
});

describe('opening a queue that is not there', () => {
  test.each(schemes)('%s://: nobody listens', async (scheme) => {
    const log = new MemoryLog();
    const url = `${scheme}://dear:swordfish@127.0.0.1:${await freePort()}/0`;
    const error: unknown = await openQueues({ url, log }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'queue.unreachable',
      kind: 'failed',
      mend: expect.stringMatching(/QUEUE_URL/),
    });
    expect(String(error)).toMatch(/dear:\*\*\*@127\.0\.0\.1.*ECONNREFUSED/);
    expect(String(error)).not.toContain('swordfish');
    expect(log.lines).toEqual([]);
  });

  test.each(schemes)('%s://: somebody listens but never answers', async (scheme) => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    afterwards.push(() => void silent.close());
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const opening = openQueues({
      url: `${scheme}://127.0.0.1:${port}`,
      log: new MemoryLog(),
      timing: { openMs: 300 },
    });
    await expect(opening).rejects.toMatchObject({ code: 'queue.unreachable' });
  });

  test.each(schemes)('%s://: a process that fails to open has nothing left to wait for', async (scheme) => {
    const url = `${scheme}://dear:swordfish@127.0.0.1:${await freePort()}`;
    const script = fileURLToPath(new URL('child.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, 'fail', url]);
    const printed = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      printed.out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      printed.err += chunk.toString();
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, ...printed }).toEqual({ code: 0, out: 'queue.unreachable\n', err: '' });
  });

  test.each(['amqp://127.0.0.1', 'redis', 'redis://[', ''])('%s is no place for a queue', async (url) => {
    const opening = openQueues({ url, log: new MemoryLog() });
    await expect(opening).rejects.toMatchObject({ code: 'queue.url', kind: 'usage' });
  });

  test.skipIf(postgresUrl() === undefined)('a database that does not exist is named', async () => {
    const url = new URL(postgresUrl() ?? '');
    url.pathname = '/dear_nowhere';
    const opening = openQueues({ url: url.toString(), log: new MemoryLog() });
    await expect(opening).rejects.toThrow(/cannot be used: database "dear_nowhere" does not exist/);
  });
});

describe('opening a queue on an odd server', () => {
  test.skipIf(redisUrl() === undefined)('a Redis that evicts is told of once, and works', async () => {
    const server = await startRedis();
    if (server === undefined) throw new Error('There is no redis-server program to start.');
    afterwards.push(() => server.stop());
    const administrator = new Redis(server.url);
    await administrator.config('SET', 'maxmemory-policy', 'allkeys-lru');
    administrator.disconnect();
    const [warn, error] = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
    const log = new MemoryLog();
    const queues = await openQueues({ url: server.url, log, timing: quick });
    const seen: number[] = [];
    await queues.process('plan', async ({ runId }) => void seen.push(runId));
    await queues.process('send', async ({ runId }) => void seen.push(runId));
    await queues.add('plan', [{ payload: { runId: 1 }, delayMs: 50 }]);
    await until(() => seen.length === 1);
    await queues.close();
    expect(log.lines.map(({ message }) => message)).toEqual([expect.stringMatching(/maxmemory-policy/)]);
    expect(warn).not.toHaveBeenCalled();
    expect(error).not.toHaveBeenCalled();
  });

  test.skipIf(postgresUrl() === undefined)(
    'a role that may not make schemas can use one that is up to date',
    async () => {
      const { url, drop } = await freshPostgresDatabase();
      afterwards.push(drop);
      const log = new MemoryLog();
      await (await openQueues({ url, log })).close();
      const owner = new pg.Client({ connectionString: url });
      await owner.connect();
      const role = `worker_${Date.now()}`;
      await owner.query(`CREATE ROLE ${role} LOGIN`);
      await owner.query(`GRANT USAGE ON SCHEMA bullmq TO ${role}`);
      await owner.query(`GRANT ALL ON ALL TABLES IN SCHEMA bullmq TO ${role}`);
      const limited = new URL(url);
      limited.username = role;
      const queues = await openQueues({ url: limited.toString(), log });
      expect(await queues.counts('plan')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
      await queues.close();
      await owner.query(`DROP OWNED BY ${role}`);
      await owner.query(`DROP ROLE ${role}`);
      await owner.end();
    },
  );
});

test('a shown URL has no password in it', () => {
  expect(shownUrl('redis://:swordfish@host:6379/2')).toBe('redis://:***@host:6379/2');
  expect(shownUrl('postgres://u:sword%40fish@host/db?sslmode=require')).toBe(
    'postgres://u:***@host/db?sslmode=require',
  );
  expect(shownUrl('postgres://host/db?user=u&password=swordfish')).toBe(
    'postgres://host/db?user=u&password=***',
  );
  expect(shownUrl('redis://host')).toBe('redis://host');
  expect(shownUrl('swordfish')).not.toContain('swordfish');
});

test('an error that says the server is away is told from one that says no', () => {
  const coded = (code: string) => Object.assign(new Error('x'), { code });
  expect(isConnectionError(coded('ECONNRESET'))).toBe(true);
  expect(isConnectionError(coded('57P01'))).toBe(true);
  expect(isConnectionError(new AggregateError([coded('ECONNREFUSED')], ''))).toBe(true);
  expect(isConnectionError(new Error('Connection is closed.'))).toBe(true);
  expect(isConnectionError(coded('23505'))).toBe(false);
  expect(isConnectionError(new Error('Missing lock for job 1. moveToFinished'))).toBe(false);
  expect(isConnectionError('ECONNRESET')).toBe(false);
});
