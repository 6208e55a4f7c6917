import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextFreeSlot, WINDOW_MS } from '../../src/campaigns/frequency.ts';

const asIs = (at: number) => at;
const forEver = Number.MAX_SAFE_INTEGER;
const week = { max: 1, per: 'week' } as const;

describe('nextFreeSlot', () => {
  test('is now when nothing was sent', () => {
    expect(nextFreeSlot([], week, 1000, asIs, forEver)).toBe(1000);
  });

  test('is a week after the last letter for one a week', () => {
    expect(nextFreeSlot([500], week, 1000, asIs, forEver)).toBe(500 + WINDOW_MS.week);
  });

  test('never squeezes in before a letter that has a later slot already', () => {
    const later = 3 * WINDOW_MS.day;
    expect(nextFreeSlot([later], week, 0, asIs, forEver)).toBe(later + WINDOW_MS.week);
  });

  test('is undefined when the campaign is over before', () => {
    expect(nextFreeSlot([500], week, 1000, asIs, WINDOW_MS.day)).toBeUndefined();
  });

  test('moves on when the slot is not allowed, and counts again there', () => {
    const morning = (at: number) => Math.max(at, 5000);
    expect(nextFreeSlot([], week, 1000, morning, forEver)).toBe(5000);
    expect(nextFreeSlot([], week, 1000, morning, 4000)).toBeUndefined();
  });

  test('no window ever holds more than the limit, and no earlier moment would do', () => {
    const limit = fc.record({
      max: fc.integer({ min: 1, max: 4 }),
      per: fc.constantFrom('day', 'week', 'month') as fc.Arbitrary<'day' | 'week' | 'month'>,
    });
    fc.assert(
      fc.property(
        limit,
        fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 25 }),
        fc.integer({ min: 0, max: 100 }),
        (frequency, days, start) => {
          const unit = WINDOW_MS.day / 2;
          const window = WINDOW_MS[frequency.per];
          // A past that keeps the limit itself, as every past does that was planned with it.
          const taken: number[] = [];
          for (const day of days) {
            const at = nextFreeSlot(taken, frequency, day * unit, asIs, forEver);
            if (at !== undefined) taken.push(at);
          }
          const slot = nextFreeSlot(taken, frequency, start * unit, asIs, forEver);
          expect(slot).toBeDefined();
          expect(most([...taken, slot ?? 0], window)).toBeLessThanOrEqual(frequency.max);
          for (let earlier = start * unit; earlier < (slot ?? 0); earlier += unit) {
            expect(most([...taken, earlier], window)).toBeGreaterThan(frequency.max);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** The most letters in any window, counted plainly. */
function most(times: number[], window: number): number {
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + window).length));
}
