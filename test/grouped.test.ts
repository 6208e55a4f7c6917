import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DearError } from '../src/errors.ts';
import { grouped } from '../src/grouped.ts';

describe('grouped', () => {
  test('each item gets its own result, in order, in one commit at a time, whatever the timing', async () => {
    const arrival = fc.record({ pauseBefore: fc.integer({ min: 0, max: 3 }), bad: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 9, arbitrary: fc.constant({ pauseBefore: 0, bad: false }) }, arrival), {
          maxLength: 60,
        }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 0, max: 2 }),
        async (arrivals, maxItems, maxWaitMs) => {
          const committed: number[] = [];
          let running = 0;
          let wrong = false;
          const group = grouped<number, string>({ maxItems, maxWaitMs }, async (items) => {
            running += 1;
            wrong ||= running > 1 || items.length === 0 || items.length > maxItems;
            await wait(0);
            running -= 1;
            if (items.some((item) => arrivals[item]?.bad)) throw new Error('bad');
            committed.push(...items);
            return items.map((item) => `done ${item}`);
          });
          const results: Promise<string>[] = [];
          for (const [index, { pauseBefore }] of arrivals.entries()) {
            if (pauseBefore > 0) await wait(pauseBefore);
            const result = group.add(index);
            result.catch(() => undefined);
            results.push(result);
          }
          await group.close();
          const settled = await Promise.allSettled(results);
          expect(wrong).toBe(false);
          for (const [index, one] of settled.entries()) {
            if (one.status === 'fulfilled') expect(one.value).toBe(`done ${index}`);
            expect(committed.includes(index)).toBe(one.status === 'fulfilled');
          }
          expect(committed).toEqual([...new Set(committed)].sort((a, b) => a - b));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a group that weighs enough waits for no more company', async () => {
    const groups: number[][] = [];
    const group = grouped<number, number>(
      { maxWaitMs: 1_000_000, maxWeight: 100, enough: 5, weigh: (item) => item },
      async (items) => {
        groups.push([...items]);
        return items;
      },
    );
    expect(await Promise.all([2, 2, 1].map((item) => group.add(item)))).toEqual([2, 2, 1]);
    expect(await group.add(7)).toBe(7);
    expect(groups).toEqual([[2, 2, 1], [7]]);
  });

  // Whoever goes on after an answer may come at any step of the microtasks in which a group ends.
  test.each([0, 1, 2, 3, 4, 5, 6])(
    'what comes %i steps after an answer is committed as well',
    async (steps) => {
      const group = grouped<number, number>({ maxItems: 1, maxWaitMs: 0 }, async (items) => items);
      expect(await group.add(1)).toBe(1);
      for (let step = 0; step < steps; step += 1) await Promise.resolve();
      const late = new Promise((resolve) => setTimeout(resolve, 1000, 'left waiting'));
      expect(await Promise.race([group.add(2), late])).toBe(2);
    },
  );

  test('a group ends before it weighs too much, unless one item alone does', async () => {
    const groups: number[][] = [];
    const group = grouped<number, number>({ maxWeight: 10, weigh: (item) => item }, async (items) => {
      groups.push([...items]);
      await wait(0);
      return items;
    });
    const items = [4, 6, 1, 9, 25, 3, 3, 3, 3];
    expect(await Promise.all(items.map((item) => group.add(item)))).toEqual(items);
    expect(groups).toEqual([[4, 6], [1, 9], [25], [3, 3, 3], [3]]);
    await group.close();
  });

  test('one bad item takes no other with it', async () => {
    const group = grouped<number, number>({}, async (items) => {
      if (items.includes(7)) throw new Error('seven');
      return items;
    });
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => group.add(index)));
    expect(settled.filter((one) => one.status === 'rejected')).toHaveLength(1);
    expect(settled[7]).toMatchObject({ status: 'rejected', reason: { message: 'seven' } });
  });

  test('what arrives during a commit is the next group, without waiting for a timer', async () => {
    const sizes: number[] = [];
    let release: () => void = () => undefined;
    const group = grouped<number, number>({ maxItems: 10, maxWaitMs: 1_000_000 }, async (items) => {
      sizes.push(items.length);
      if (sizes.length === 1) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return items;
    });
    const first = Promise.all(Array.from({ length: 10 }, (_, index) => group.add(index)));
    await wait(0);
    const second = Promise.all([group.add(10), group.add(11)]);
    release();
    expect(await first).toHaveLength(10);
    expect(await second).toEqual([10, 11]);
    expect(sizes).toEqual([10, 2]);
  });

  test('when everything fails, it is not tried item by item for ever', async () => {
    let calls = 0;
    const group = grouped<number, number>({}, async () => {
      calls += 1;
      throw new Error('the database is away');
    });
    const settled = await Promise.allSettled(Array.from({ length: 64 }, (_, index) => group.add(index)));
    expect(settled.every((one) => one.status === 'rejected')).toBe(true);
    expect(calls).toBe(4);
  });

  test('close commits what waits and refuses what comes after', async () => {
    const group = grouped<number, number>({ maxWaitMs: 1_000_000 }, async (items) => items);
    const waiting = group.add(1);
    await group.close();
    expect(await waiting).toBe(1);
    await expect(group.add(2)).rejects.toMatchObject({ code: 'grouped.closed' });
    await group.close();
  });

  test('a commit that answers for other than its items rejects them', async () => {
    const group = grouped<number, number>({}, async () => []);
    await expect(group.add(1)).rejects.toBeInstanceOf(DearError);
  });
});
