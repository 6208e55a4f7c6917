import { afterEach, describe, expect, test, vi } from 'vitest';
import { MemoryQueueBackend } from '../../../src/queue/memory/backend.ts';
import { openQuick, until } from '../harness.ts';
import { jobJson, memoryQueue } from './fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('waiting for a job', () => {
  test('ends at once when one is added, waits already, or when the queue is resumed', async () => {
    const { backend, add } = memoryQueue();
    const started = performance.now();
    const waits = backend.waitForJob(5);
    await add([jobJson(1)]);
    expect(await waits).toMatchObject({ score: 0 });
    expect(await backend.waitForJob(5)).toMatchObject({ score: 0 });
    await backend.pause(true);
    expect(await backend.waitForJob(0.02)).toBeNull();
    const again = backend.waitForJob(5);
    await backend.pause(false);
    expect(await again).toMatchObject({ score: 0 });
    expect(performance.now() - started).toBeLessThan(1000);
  });

  test('ends when the first delayed job is due, also one that came later but is due sooner', async () => {
    const { queue, backend, add } = memoryQueue();
    await add([jobJson(1, { delay: 5000 })]);
    const started = performance.now();
    const waits = backend.waitForJob(10);
    await add([jobJson(2, { delay: 60 })]);
    await waits;
    expect((await backend.moveToActive('a'))[1]).toBe('');
    await backend.waitForJob(10);
    expect((await backend.moveToActive('a'))[1]).toBe('2');
    expect(performance.now() - started).toBeGreaterThanOrEqual(60);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(queue.bell.sleepers).toBe(0);
  });

  test('ends when the worker stops, and not before for another one', async () => {
    const { queue, backend } = memoryQueue();
    const one = backend.waitForJob(5);
    const other = new MemoryQueueBackend(queue, {}).waitForJob(0.05);
    await backend.disconnectBlocking();
    expect(await one).toBeTruthy();
    expect(queue.bell.sleepers).toBe(1);
    expect(await backend.waitForJob(5)).toBeNull();
    expect(await other).toBeNull();
  });
});

test('delayed jobs run in time and in order, whatever order they were added in', async () => {
  const { queues } = await openQuick(undefined, 'delays');
  const ran: { runId: number; lateMs: number }[] = [];
  const started = performance.now();
  await queues.process('plan', async ({ runId }) => {
    ran.push({ runId, lateMs: performance.now() - started - runId });
  });
  const delays = Array.from({ length: 40 }, (_, index) => 10 * (((index * 17) % 40) + 1));
  await queues.add(
    'plan',
    delays.map((delayMs) => ({ payload: { runId: delayMs }, delayMs })),
  );
  await until(() => ran.length === delays.length);
  expect(ran.map(({ runId }) => runId)).toEqual(delays.toSorted((a, b) => a - b));
  for (const { lateMs } of ran) expect(lateMs).toBeGreaterThanOrEqual(0);
  const typical = ran.map(({ lateMs }) => lateMs).toSorted((a, b) => a - b)[20];
  expect(typical).toBeLessThan(50);
  await queues.close();
});

test('a long line of short jobs lets timers have their turn', async () => {
  const { queues } = await openQuick(undefined, 'turns');
  let done = 0;
  const work = async () => {
    done += 1;
  };
  await queues.process('plan', work, { concurrency: 3 });
  await queues.pause('plan');
  const jobs = Array.from({ length: 5000 }, (_, index) => ({ payload: { runId: index + 1 } }));
  await queues.add('plan', jobs);
  const seen = new Set<number>();
  const ticking = setInterval(() => seen.add(done), 5);
  await queues.resume('plan');
  await until(() => done === jobs.length);
  clearInterval(ticking);
  // The timer saw the work at many stages, not only before and after.
  expect(seen.size).toBeGreaterThan(5);
  await queues.close();
});

describe('when somebody sets the clock', () => {
  test('delayed jobs wait as long as was asked', async () => {
    const { backend, add } = memoryQueue();
    vi.useFakeTimers({ toFake: ['Date'] });
    await add([jobJson(1, { delay: 60 }), jobJson(2, { delay: 3_600_000 })]);
    vi.setSystemTime(Date.now() - 7_200_000);
    await pause(80);
    expect((await backend.moveToActive('a'))[1]).toBe('1');
    vi.setSystemTime(Date.now() + 36_000_000);
    const [, id, , lookAgainAt] = await backend.moveToActive('a');
    expect(id).toBe('');
    expect(lookAgainAt - Date.now()).toBeGreaterThan(3_500_000);
    expect(lookAgainAt - Date.now()).toBeLessThanOrEqual(3_600_000);
  });

  test.each([
    ['back', -86_400_000],
    ['on', 86_400_000],
  ])('%s by a day, a schedule keeps its pace', async (_, byMs) => {
    const { queues } = await openQuick(undefined, 'schedule');
    let ran = 0;
    await queues.process('sweep', async () => {
      ran += 1;
    });
    await queues.schedule('sweep', 50);
    await until(() => ran >= 2);
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.now() + byMs);
    // The clock stands still from here on: only what passes counts.
    const before = ran;
    await until(() => ran >= before + 3);
    await queues.schedule('sweep', 50);
    await until(() => ran >= before + 6);
    const { waiting, delayed } = await queues.counts('sweep');
    expect(waiting + delayed).toBeLessThanOrEqual(1);
    await queues.close();
  });
});
