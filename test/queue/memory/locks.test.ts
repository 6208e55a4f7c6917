import { withBackend } from 'bullmq';
import { describe, expect, test } from 'vitest';
import { createMemoryBackend } from '../../../src/queue/memory/backend.ts';
import { MemorySpace } from '../../../src/queue/memory/state.ts';
import { gate, until } from '../harness.ts';
import { jobJson, memoryQueue } from './fixture.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const { Queue, Worker } = withBackend(createMemoryBackend);
const timing = { lockDuration: 100, stalledInterval: 60, maxStalledCount: 5 };

describe('a worker that gives no sign of life', () => {
  test('loses its job to another one, and cannot finish it any more', async () => {
    const connection = new MemorySpace();
    const queue = new Queue('plan', { connection });
    const errors: unknown[] = [];
    const [hold, ran, finished] = [gate(), [] as string[], [] as string[]];
    const silent = new Worker(
      'plan',
      async () => {
        ran.push('silent');
        await hold.opened;
      },
      { connection, ...timing, skipLockRenewal: true },
    );
    silent.on('error', (error) => errors.push(error));
    silent.on('completed', () => finished.push('silent'));
    await queue.addBulk([{ name: 'plan', data: {}, opts: { removeOnComplete: true } }]);
    await until(() => ran.length === 1);
    const other = new Worker('plan', async () => void ran.push('other'), { connection, ...timing });
    other.on('completed', () => finished.push('other'));
    await until(() => finished.length === 1);
    hold.open();
    await until(() => errors.length > 0);
    await Promise.all([silent.close(), other.close()]);
    expect(ran).toEqual(['silent', 'other']);
    expect(finished).toEqual(['other']);
    expect(String(errors[0])).toMatch(/is gone/);
    await queue.close();
  });

  test('keeps its job as long as it gives one', async () => {
    const connection = new MemorySpace();
    const queue = new Queue('plan', { connection });
    let ran = 0;
    const work = async () => {
      ran += 1;
      await pause(500);
    };
    const workers = [1, 2].map(() => new Worker('plan', work, { connection, ...timing }));
    await queue.addBulk([{ name: 'plan', data: {} }]);
    await until(async () => (await queue.getJobCounts('completed')).completed === 1);
    expect(ran).toBe(1);
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.close();
  });

  test('keeps its job when the whole process stood still', async () => {
    const { backend, add } = memoryQueue({ ...timing });
    await add([jobJson(1)]);
    const [, id] = await backend.moveToActive('a');
    const until = performance.now() + 250;
    while (performance.now() < until);
    // Both are overdue now: the look for dead workers, and the sign of life.
    expect(await backend.moveStalledJobsToWait()).toEqual([]);
    expect(await backend.extendLocks([id, 'unknown'], ['a', 'a'], 100)).toEqual(['unknown']);
    await pause(60);
    expect(await backend.moveStalledJobsToWait()).toEqual([]);
    await backend.moveToCompleted({ id }, undefined, true, 'a', false);
  });

  test('has its job given up when that happens too often', async () => {
    const { backend, add } = memoryQueue({ lockDuration: 1, stalledInterval: 2, maxStalledCount: 2 });
    await add([jobJson(1), jobJson(2)]);
    for (let times = 1; times <= 3; times += 1) {
      const [job, id] = await backend.moveToActive('a');
      expect({ id, stalledCounter: job?.stalledCounter, deferredFailure: job?.deferredFailure }).toEqual({
        id: '1',
        stalledCounter: times - 1,
        deferredFailure: undefined,
      });
      await pause(5);
      expect(await backend.moveStalledJobsToWait()).toEqual([]);
      await pause(5);
      expect(await backend.moveStalledJobsToWait()).toEqual(['1']);
    }
    const [job] = await backend.moveToActive('a');
    expect(job?.deferredFailure).toMatch(/stalled more than/);
  });
});

test('only who took a job can give it back', async () => {
  const { backend, add } = memoryQueue();
  await add([jobJson(1)]);
  const [, id] = await backend.moveToActive('a');
  const wrong = { code: -6 };
  await expect(backend.moveToCompleted({ id }, 1, true, 'b', false)).rejects.toMatchObject(wrong);
  await expect(backend.moveToFailed({ id }, 'x', true, 'b', false)).rejects.toMatchObject(wrong);
  await expect(backend.moveToDelayed(id, 0, 5, 'b')).rejects.toMatchObject(wrong);
  await expect(backend.retryJob(id, false, 'b')).rejects.toMatchObject(wrong);
  expect(await backend.extendLock(id, 'b', 5)).toBe(0);
  expect(await backend.extendLock(id, 'a', 5)).toBe(1);
  await backend.retryJob(id, false, 'a');
  await expect(backend.retryJob(id, false, 'a')).rejects.toMatchObject({ code: -2 });
  await expect(backend.retryJob('7', false, 'a')).rejects.toMatchObject({ code: -1 });
});
