import type { JobsOptions, RepeatableOptions } from 'bullmq';
import { expect, test } from 'vitest';
import { MemoryQueueBackend } from '../../../src/queue/memory/backend.ts';
import { UnsupportedOperations } from '../../../src/queue/memory/unsupported.ts';
import { jobJson, memoryQueue } from './fixture.ts';

const refusal = { code: 'queue.unsupported', mend: expect.stringMatching(/QUEUE_URL/) };

test('what the embedded queue cannot do, it says', async () => {
  const { backend } = memoryQueue();
  const operations = Object.getOwnPropertyNames(new (class extends UnsupportedOperations {})()).filter(
    (name) => typeof Reflect.get(backend, name) === 'function',
  );
  expect(operations.length).toBeGreaterThan(40);
  for (const name of operations) {
    const work: unknown = Reflect.apply(Reflect.get(backend, name), backend, []);
    await expect(work, name).rejects.toMatchObject(refusal);
  }
  expect(() => backend.forQueue()).toThrow(expect.objectContaining({ code: 'queue.unsupported' }));
  expect(() => backend.parseNodeKey()).toThrow(expect.objectContaining({ code: 'queue.unsupported' }));
  await expect(backend.getCounts(['delayed'], 1)).rejects.toMatchObject(refusal);
});

const options: JobsOptions[] = [
  { priority: 1 },
  { lifo: true },
  { parent: { id: '1', queue: 'plan' } },
  { deduplication: { id: 'a', ttl: 5 } },
  { deduplication: { id: 'a', replace: true } },
  { deduplication: { id: 'a', reschedule: true } },
];

test.each(options)('a job with %j is not let in, nor those beside it', async (option) => {
  const { queue, add } = memoryQueue();
  await expect(add([jobJson(1), jobJson(2, option)])).rejects.toMatchObject(refusal);
  expect(queue.jobs.size).toBe(0);
});

test('limits, metrics and calendars are refused, not forgotten', async () => {
  const { queue, backend } = memoryQueue();
  const made = (limits: object) => () => new MemoryQueueBackend(queue, limits);
  expect(made({ limiter: { max: 1, duration: 5 } })).toThrow(/rate/);
  expect(made({ metrics: { maxDataPoints: 5 } })).toThrow(/metrics/);
  await expect(backend.setQueueMeta({ version: 'x', concurrency: 1 })).rejects.toMatchObject(refusal);
  expect(await backend.getQueueMeta()).toEqual({});
  const repeats: RepeatableOptions[] = [
    { name: 'sweep', pattern: '* * * * *' },
    { name: 'sweep', every: 5, offset: 1 },
    { name: 'sweep', every: 5, limit: 3 },
  ];
  for (const repeat of repeats)
    await expect(backend.addJobScheduler('sweep', 0, '{}', {}, repeat, {})).rejects.toMatchObject(refusal);
  expect(await backend.isJobScheduler('sweep')).toBe(false);
});

test('a queue’s notes are kept', async () => {
  const { backend } = memoryQueue();
  expect(await backend.setQueueMeta({ version: 'x', 'opts.maxLenEvents': 5 })).toBe(2);
  expect(await backend.getQueueMetaFields(['version', 'unknown'])).toEqual(['x', null]);
  await backend.pause(true);
  expect(await backend.hasQueueMetaField('paused')).toBe(true);
  expect(await backend.removeQueueMetaFields(['version', 'unknown'])).toBe(1);
  expect(await backend.getQueueMeta()).toEqual({ 'opts.maxLenEvents': '5', paused: '1' });
  expect(await backend.getQueueMetaField('version')).toBeNull();
});
