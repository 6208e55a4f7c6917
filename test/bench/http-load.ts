import { once } from 'node:events';
import { z } from 'zod';
import { makeKey } from '../../src/access/keys.ts';
import type { App } from '../../src/app.ts';
import { listenHttp, makeHttp } from '../../src/http/server.ts';
import { forkBeside } from './steps.ts';

/** How events are sent to `POST /api/events`. */
export const httpLoad = z.object({
  /** Events a call; 1 sends single objects. */
  batch: z.int(),
  connections: z.int(),
  seconds: z.number(),
  /** Events a second, sent when they are due, however slow the answers are; 0 sends as fast as answers come. */
  rate: z.number(),
  /** The events are those of customer-0@example.test and so on, in no order. They are made when they are missing. */
  profiles: z.int(),
});
export type HttpLoad = z.output<typeof httpLoad>;

/** Latencies are of whole calls, from the moment when they were due to be sent to the last byte of the answer. */
export const httpResult = z.object({
  events: z.int(),
  calls: z.int(),
  /** Calls that were not answered with 200, 503 among them. */
  failed: z.int(),
  seconds: z.number(),
  eventsPerSecond: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  worstMs: z.number(),
});
export type HttpResult = z.output<typeof httpResult>;

/** With microseconds of CPU an event, of the process that serves. */
export type HttpMeasured = HttpResult & { readonly cpuMicroseconds: number };

const ENSURED_AT_ONCE = 5000;

/** The endpoints of an installation, as `dear serve` runs them but without the inbox, and a key for them. */
export interface Endpoints {
  readonly port: number;
  readonly secret: string;
  close(): Promise<void>;
}

export async function serveHttp(app: App): Promise<Endpoints> {
  const { secret, key } = makeKey(`benchmark ${process.pid} ${Date.now()}`, ['events'], Date.now());
  await app.keys.add(key);
  const http = makeHttp(
    {
      ...app,
      wake: () => undefined,
      defaultFrequency: '2 per week',
      timeZone: app.config.timeZone,
      languages: app.config.languages,
    },
    {
      ...app,
      publicUrl: app.config.publicUrl,
    },
  );
  const port = await listenHttp(http, { host: '127.0.0.1', port: 0 });
  return { port, secret, close: () => http.close() };
}

/**
 * Measures adding events over HTTP: serves the installation's endpoints from this process, and sends events from a
 * process of its own over real sockets, once for each load given. Everything that was answered with 200 is on disk.
 */
export async function measureHttp(app: App, loads: readonly HttpLoad[]): Promise<HttpMeasured[]> {
  await ensureProfiles(app, Math.max(...loads.map(({ profiles }) => profiles)));
  const endpoints = await serveHttp(app);
  const results: HttpMeasured[] = [];
  for (const load of loads) {
    const before = process.cpuUsage();
    const sent = await send(endpoints, load);
    const { user, system } = process.cpuUsage(before);
    // The second that warms up is in both, in about the same proportion.
    const events = Math.max(1, sent.events * (1 + 1 / sent.seconds));
    results.push({ ...sent, cpuMicroseconds: (user + system) / events });
  }
  await endpoints.close();
  return results;
}

async function ensureProfiles(app: App, count: number): Promise<void> {
  if ((await app.profiles.count()) >= count) return;
  for (let start = 0; start < count; start += ENSURED_AT_ONCE) {
    const emails = Array.from(
      { length: Math.min(ENSURED_AT_ONCE, count - start) },
      (_, index) => `customer-${start + index}@example.test`,
    );
    await app.profiles.ensure(emails, Date.now());
  }
}

async function send({ port, secret }: Endpoints, load: HttpLoad): Promise<HttpResult> {
  const child = forkBeside('http-load-process', JSON.stringify({ ...load, port, secret }));
  let result: HttpResult | undefined;
  child.on('message', (message) => {
    result = httpResult.parse(message);
  });
  const [code] = await once(child, 'exit');
  if (code === 0 && result !== undefined) return result;
  throw new Error(`the load process of the benchmark failed (exit code ${code})`);
}
