import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { type HttpResult, httpLoad } from './http-load.ts';

/** Sends events to a server until its time is up, and tells its parent how that went. */
const options = httpLoad
  .extend({ port: z.int(), secret: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''));
const agent = new Agent({ keepAlive: true, maxSockets: options.connections });
const latencies: number[] = [];
let failed = 0;

const products = ['Lamp', 'Kettle', 'Throw', 'Bowl', 'Clock', 'Shears', 'Vase', 'Stool'];

function event(): string {
  const customer = Math.floor(Math.random() * options.profiles);
  const product = products[customer % products.length];
  return `{"id":"${randomUUID()}","type":"view","email":"customer-${customer}@example.test","at":"${new Date().toISOString()}","properties":{"product":"${product}","sku":"${customer % 997}-${customer % 13}","price":${(customer % 500) / 10},"currency":"GBP","page":"/goods/${customer % 997}"}}`;
}

function body(): string {
  if (options.batch === 1) return event();
  return `[${Array.from({ length: options.batch }, event).join(',')}]`;
}

/** Sends one call; resolves when its answer is there. */
function call(dueAt: number): Promise<void> {
  const text = body();
  return new Promise((resolve) => {
    const ended = (isGood: boolean) => {
      latencies.push(performance.now() - dueAt);
      if (!isGood) failed += 1;
      resolve();
    };
    const sent = request(
      {
        agent,
        port: options.port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/api/events',
        headers: {
          authorization: `Bearer ${options.secret}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
        },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => ended(answer.statusCode === 200));
      },
    );
    sent.once('error', () => ended(false));
    sent.end(text);
  });
}

async function asFastAsAnswersCome(until: number): Promise<void> {
  const lane = async () => {
    while (performance.now() < until) await call(performance.now());
  };
  await Promise.all(Array.from({ length: options.connections }, lane));
}

/** Calls leave when they are due, so that a slow answer does not hide how long others would have waited. */
async function atTheirTime(start: number, until: number): Promise<void> {
  const everyMs = (options.batch / options.rate) * 1000;
  const calls: Promise<void>[] = [];
  for (let due = start; due < until; due += everyMs) {
    const early = due - performance.now();
    if (early > 1) await wait(early);
    calls.push(call(due));
  }
  await Promise.all(calls);
}

async function measure(): Promise<HttpResult> {
  await asFastAsAnswersCome(performance.now() + 1000); // Warms up both sides.
  latencies.length = 0;
  failed = 0;
  const start = performance.now();
  const until = start + options.seconds * 1000;
  await (options.rate > 0 ? atTheirTime(start, until) : asFastAsAnswersCome(until));
  const seconds = (performance.now() - start) / 1000;
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const events = (sorted.length - failed) * options.batch;
  return {
    events,
    calls: sorted.length,
    failed,
    seconds,
    eventsPerSecond: Math.round(events / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: sorted.at(-1) ?? 0,
  };
}

const result = await measure();
agent.destroy();
await new Promise<void>((resolve, reject) => {
  process.send?.(result, (error: Error | null) => (error ? reject(error) : resolve()));
});
process.exit(0);
