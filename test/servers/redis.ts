import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './port.ts';
import { findProgram, type RunningServer, startProgram, stopper, untilReady } from './process.ts';

/** Starts a Redis without persistence on a free loopback port; undefined when this machine has no `redis-server`. */
export async function startRedis(): Promise<RunningServer | undefined> {
  const program = findProgram('redis-server', ['/usr/bin', '/usr/local/bin']);
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'dear-redis-'));
  const port = await freePort();
  const settings = { bind: '127.0.0.1', port: String(port), save: '', appendonly: 'no', dir: folder };
  const server = startProgram(
    program,
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  );
  const stop = stopper(server.child, 'SIGTERM');
  const url = `redis://127.0.0.1:${port}`;
  try {
    await untilReady(server, () => pingRedis(url));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rejects when no Redis answers at `url`. */
export async function pingRedis(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}
