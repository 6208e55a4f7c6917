import { randomUUID } from 'node:crypto';
import { createRedisBackend, type IQueueBackend, type JobJson } from 'bullmq';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { redisUrl } from '../../servers/index.ts';
import { jobJson, memoryQueue, sizes } from './fixture.ts';

const url = redisUrl();
const client = url === undefined ? undefined : new Redis(url, { maxRetriesPerRequest: null });
const hour = 3_600_000;

afterAll(() => client?.disconnect());

const key = fc.constantFrom(undefined, 'a', 'b');
// Rare, since what is put off, and its key, is out of the game.
const later = fc.constantFrom(false, false, false, true);
const nth = fc.nat({ max: 9 });

/** What is done to a queue, one after the other. Delays are nothing or an hour: neither test waits for them. */
const operations = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ add: fc.array(fc.record({ key, later }), { minLength: 1, maxLength: 4 }) }),
    },
    { weight: 5, arbitrary: fc.record({ take: fc.constantFrom('x', 'y') }) },
    {
      weight: 3,
      arbitrary: fc.record({ complete: nth, keep: fc.boolean(), fetch: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ fail: nth, keep: fc.boolean(), fetch: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ postpone: nth, fetch: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ retry: nth }) },
    { weight: 1, arbitrary: fc.record({ extend: nth, token: fc.constantFrom('x', 'y') }) },
    { weight: 1, arbitrary: fc.record({ pause: later }) },
  ),
  // Long enough for what takes several steps: a key that is held, one more kept for it, both done.
  { minLength: 20, maxLength: 60, size: 'max' },
);
type Operation = (typeof operations extends fc.Arbitrary<infer T> ? T : never)[number];

interface Held {
  readonly id: string;
  readonly token: string;
}

/** Does operations on a backend, and tells what could be seen of it after each. */
async function perform(backend: IQueueBackend, done: readonly Operation[]): Promise<unknown[]> {
  const held: Held[] = [];
  const seen: unknown[] = [];
  let number = 0;
  const hold = (taken: readonly unknown[], token: string) => {
    const [json, id] = taken as [JobJson | undefined, string];
    if (json) held.push({ id, token });
    return json ? facts(json) : 'nothing';
  };
  const pick = (index: number) => (held.length === 0 ? undefined : held[index % held.length]);
  const release = (one: Held) => void held.splice(held.indexOf(one), 1);
  for (const operation of done) {
    let result: unknown;
    if ('add' in operation) {
      const entries = operation.add.map((one) => {
        number += 1;
        const deduplication = one.key && { id: one.key, keepLastIfActive: true };
        const opts = { ...(one.later ? { delay: hour } : {}), ...(deduplication ? { deduplication } : {}) };
        return { job: jobJson(number, opts), jobId: '', parentKeyOpts: {} };
      });
      result = await which(backend, await backend.addJobs(entries));
    } else if ('take' in operation) {
      result = hold(await backend.moveToActive(operation.take), operation.take);
    } else if ('pause' in operation) {
      await backend.pause(operation.pause);
    } else {
      const one = pick(Object.values(operation)[0] as number);
      if (one) {
        const left = await give(backend, operation, one);
        if (left.gone) release(one);
        result = left.next ? hold(left.next, one.token) : left.answer;
      }
    }
    seen.push({ operation, result, state: await state(backend) });
  }
  return seen;
}

type Giving = Exclude<Operation, { add: unknown } | { take: unknown } | { pause: unknown }>;
interface Given {
  readonly gone: boolean;
  readonly next?: readonly unknown[];
  readonly answer?: unknown;
}

async function give(backend: IQueueBackend, operation: Giving, { id, token }: Held): Promise<Given> {
  const job = { id, opts: { attempts: 5 } } as Parameters<IQueueBackend['moveToCompleted']>[0];
  // Without a next job the backends answer in different ways that BullMQ takes alike.
  const next = (result: unknown) => ({ gone: true, next: Array.isArray(result) ? result : [] });
  if ('complete' in operation)
    return next((await backend.moveToCompleted(job, 'fine', operation.keep, token, operation.fetch)).result);
  const note = { failedReason: 'failed', stacktrace: '["there"]' };
  if ('fail' in operation)
    return next(
      (await backend.moveToFailed(job, 'failed', operation.keep, token, operation.fetch, note)).result,
    );
  if ('postpone' in operation) {
    const options = { fieldsToUpdate: note, fetchNext: operation.fetch };
    return next(await backend.moveToDelayed(id, Date.now(), hour, token, options));
  }
  if ('retry' in operation) {
    await backend.retryJob(id, false, token, { fieldsToUpdate: note });
    return { gone: true };
  }
  const refused = await backend.extendLocks([id], [operation.token], 60_000);
  return { gone: false, answer: refused.length };
}

function facts(json: JobJson) {
  const { name, data, attemptsMade, attemptsStarted, stalledCounter, deduplicationId } = json;
  const { delay = 0, failedReason = '', stacktrace = '[]' } = json;
  return {
    name,
    data,
    attemptsMade,
    attemptsStarted,
    stalledCounter,
    deduplicationId,
    delay,
    failedReason,
    stacktrace,
  };
}

async function state(backend: IQueueBackend) {
  const places = ['wait', 'delayed', 'active', 'completed', 'failed'] as const;
  const [counts, lists, [waiting], paused] = await Promise.all([
    backend.getCounts([...places]),
    backend.getRanges([...places], 0, -1, false),
    backend.getCountsPerPriority([0]),
    backend.hasQueueMetaField('paused'),
  ]);
  const [wait, delayed, active, completed, failed] = await Promise.all(
    lists.map((ids) => which(backend, ids)),
  );
  // Which of several jobs that are due, or done, in the same millisecond comes first is chance on Redis.
  const sorted = [delayed, completed, failed].map((jobs) => jobs?.toSorted());
  return { counts, wait, active, sorted, waiting, paused };
}

/** Jobs by what they carry, since Redis skips an id here and there. */
async function which(backend: IQueueBackend, ids: readonly string[]) {
  return Promise.all(ids.map(async (id) => (await backend.getJobData(id))?.data));
}

describe.skipIf(client === undefined)('a queue in memory', () => {
  test('does what BullMQ does on Redis, whatever is done to it', async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (done) => {
        if (client === undefined) return;
        const options = { connection: client, prefix: randomUUID(), lockDuration: 60_000 };
        const redis = createRedisBackend('plan', options);
        const memory = memoryQueue({ lockDuration: 60_000 });
        const expected = await perform(redis, done);
        expect(await perform(memory.backend, done)).toEqual(expected);
        await redis.close();
      }),
      { numRuns: 60 },
    );
  });
});

test('keeps its books, whatever is done to it', async () => {
  await fc.assert(
    fc.asyncProperty(operations, async (done) => {
      const { queue, backend } = memoryQueue({ lockDuration: 60_000 });
      await perform(backend, done);
      const { jobs, places } = sizes(queue);
      expect(places.reduce((sum, size) => sum + size, 0)).toBe(jobs);
      const unfinished = [...queue.jobs.values()].filter(
        ({ place }) => place !== 'completed' && place !== 'failed',
      );
      for (const [deduplication, id] of queue.keys) {
        const holders = unfinished.filter(({ json }) => json.deduplicationId === deduplication);
        expect(holders.map((job) => job.id)).toEqual([id]);
      }
      for (const job of unfinished) expect(job.lock !== undefined).toBe(job.place === 'active');
      expect([...queue.nexts.keys()].every((each) => queue.keys.has(each))).toBe(true);
    }),
    { numRuns: 200 },
  );
});
