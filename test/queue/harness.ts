import { createConnection, createServer, type Socket } from 'node:net';
import type { Backend } from '../../src/queue/backend.ts';
import { openEmbedded } from '../../src/queue/embedded.ts';
import type { Log } from '../../src/queue/log.ts';
import { openPostgres } from '../../src/queue/postgres.ts';
import { BullQueues } from '../../src/queue/queues.ts';
import { openRedis } from '../../src/queue/redis.ts';
import { defaultTiming, type Timing } from '../../src/queue/timing.ts';

/** Impatient, so that retries and dead workers are noticed within a test. */
export const quick: Timing = {
  ...defaultTiming,
  operationMs: 2000,
  lockMs: 1000,
  stalledCheckMs: 300,
  backoffMs: 20,
  reconnectMs: 100,
  closeMs: 3000,
};

/** A log that keeps what it was told. */
export class MemoryLog implements Log {
  readonly lines: { level: 'warn' | 'error' | 'debug'; details: object; message: string }[] = [];
  warn(details: object, message: string): void {
    this.lines.push({ level: 'warn', details, message });
  }
  error(details: object, message: string): void {
    this.lines.push({ level: 'error', details, message });
  }
  debug(details: object, message: string): void {
    this.lines.push({ level: 'debug', details, message });
  }
  count(message: RegExp): number {
    return this.lines.filter((line) => line.level !== 'debug' && message.test(line.message)).length;
  }
}

/** Resolves as soon as `holds` does; rejects after 20 s. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 1000; !(await holds()); left -= 1) {
    if (left === 0) throw new Error(`This never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Jobs for the runs from one number to another. */
export const runs = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => ({ payload: { runId: from + index } }));

/** A promise, and what resolves it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Opens a backend as `openQueues` does. */
async function openBackend(url: string | undefined, log: Log): Promise<Backend> {
  if (url === undefined) return openEmbedded(log);
  return url.startsWith('redis') ? openRedis(url, log, quick.openMs) : openPostgres(url, log, quick.openMs);
}

/** Queues as `openQueues` makes them, in a hurry. */
export async function openQuick(
  url: string | undefined,
  prefix: string,
  options: { timing?: Partial<Timing>; log?: Log } = {},
): Promise<{ queues: BullQueues; backend: Backend }> {
  const log = options.log ?? new MemoryLog();
  const backend = await openBackend(url, log);
  const queues = new BullQueues(backend, { log, prefix, timing: { ...quick, ...options.timing } });
  await queues.ready();
  return { queues, backend };
}

/** A TCP proxy in front of `url` whose connections can be cut, and refused until it is mended. */
export async function startProxy(url: string): Promise<{
  url: string;
  cut: () => Promise<void>;
  mend: () => Promise<void>;
}> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  const proxied = new URL(url);
  proxied.port = String(address.port);
  return {
    url: proxied.toString(),
    cut: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
    mend: () => listen(address.port),
  };
}
