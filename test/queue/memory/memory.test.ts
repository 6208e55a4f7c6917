import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { openQuick, until } from '../harness.ts';
import { jobJson, memoryQueue, sizes } from './fixture.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Mebibytes that are in use. */
function used(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const empty = { jobs: 0, places: [0, 0, 0, 0, 0], keys: 0, nexts: 0 };

test('a million jobs that come and go leave nothing behind', { timeout: 120_000 }, async () => {
  const { queue, backend, add } = memoryQueue();
  const chunk = async (from: number) => {
    const keyed = (number: number) => ({ deduplication: { id: `run-${number}`, keepLastIfActive: true } });
    const jobs = Array.from({ length: 1000 }, (_, index) => jobJson(from + index, keyed(from + index)));
    await add(jobs);
    let [, id] = await backend.moveToActive('a');
    while (id !== '') {
      const { result } = await backend.moveToCompleted({ id }, undefined, true, 'a', true);
      id = result?.[1] ?? '';
    }
  };
  await chunk(0);
  const before = used();
  for (let from = 1000; from < 1_000_000; from += 1000) await chunk(from);
  expect(sizes(queue)).toEqual(empty);
  expect(used() - before).toBeLessThan(5);
});

test('jobs that go through a worker, some put off, leave nothing behind', {
  timeout: 120_000,
}, async () => {
  const { queues } = await openQuick(undefined, 'memory');
  let done = 0;
  const failed = new Set<number>();
  await queues.process(
    'plan',
    async ({ runId }) => {
      if (runId % 100 === 0 && !failed.has(runId)) {
        failed.add(runId);
        throw new Error('once');
      }
      done += 1;
    },
    { concurrency: 3 },
  );
  const add = async (from: number) => {
    const jobs = Array.from({ length: 1000 }, (_, index) => ({
      payload: { runId: from + index },
      delayMs: index % 3,
    }));
    await queues.add('plan', jobs);
    await until(() => done >= from + 999);
  };
  await add(1);
  failed.clear();
  const before = used();
  for (let from = 1001; from < 20_000; from += 1000) {
    await add(from);
    failed.clear();
  }
  expect(await queues.counts('plan')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  expect(used() - before).toBeLessThan(5);
  await queues.close();
});

test('jobs that were given up are kept within bounds', async () => {
  const { queue, backend, add } = memoryQueue();
  await add(Array.from({ length: 50 }, (_, index) => jobJson(index)));
  const keep = { age: 3600, count: 10 };
  for (let round = 0; round < 50; round += 1) {
    const [, id] = await backend.moveToActive('a');
    await backend.moveToFailed({ id }, 'failed', keep, 'a', false);
  }
  expect(await backend.getRanges(['failed'], 0, 2)).toEqual([['50', '49', '48']]);
  expect(await backend.getRanges(['failed'], 0, -1, true)).toEqual([
    ['41', '42', '43', '44', '45', '46', '47', '48', '49', '50'],
  ]);
  expect(queue.jobs.size).toBe(10);
  const oldest = queue.failed.first;
  if (oldest) oldest.json.finishedOn = Date.now() - 3_601_000;
  await add([jobJson(51)]);
  const [, id] = await backend.moveToActive('a');
  await backend.moveToFailed({ id }, 'failed', { age: 3600 }, 'a', false);
  expect(await backend.getRanges(['failed'], -2, -1)).toEqual([['43', '42']]);
});
