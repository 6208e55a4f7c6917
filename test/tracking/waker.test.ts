import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { makeWaker } from '../../src/tracking/waker.ts';

describe('the waker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('wakes at once, then at most once a pause, and forgets nothing', async () => {
    let added = 0;
    const waker = makeWaker(
      async () => ++added,
      () => undefined,
      200,
    );
    for (let hit = 0; hit < 1000; hit += 1) waker.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(added).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(added).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(added).toBe(2);
    waker.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(added).toBe(3);
  });

  test('a wake-up that cannot be added is reported and harms nothing', async () => {
    const failures: unknown[] = [];
    const waker = makeWaker(
      () => {
        throw new Error('no queue');
      },
      (error) => failures.push(error),
    );
    waker.wake();
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures).toHaveLength(1);
    waker.close();
    waker.wake();
    await vi.advanceTimersByTimeAsync(1000);
    expect(failures).toHaveLength(1);
  });
});
