import { expect, test } from 'vitest';
import { isHeldOut, variantFor } from '../../src/campaigns/allotment.ts';
import { wilson } from '../../src/campaigns/wilson.ts';
import { retryDelay } from '../../src/delivery/retry.ts';

const variants = [
  { name: 'a', weight: 1 },
  { name: 'b', weight: 3 },
];
const people = Array.from({ length: 4000 }, (_, index) => index + 1);

test('everyone keeps their variant, and the weights are kept in the large', () => {
  const drawn = people.map((id) => variantFor('autumn', id, variants).name);
  expect(people.map((id) => variantFor('autumn', id, variants).name)).toEqual(drawn);
  const share = drawn.filter((name) => name === 'b').length / people.length;
  expect(share).toBeGreaterThan(0.72);
  expect(share).toBeLessThan(0.78);
});

test('another campaign draws anew, and the holdout is drawn apart from the variants', () => {
  const moved = people.filter(
    (id) => variantFor('autumn', id, variants) !== variantFor('winter', id, variants),
  );
  expect(moved.length).toBeGreaterThan(1000);
  const held = people.filter((id) => isHeldOut('autumn', id, 0.1));
  expect(held.length).toBeGreaterThan(320);
  expect(held.length).toBeLessThan(480);
  const heldInB = held.filter((id) => variantFor('autumn', id, variants).name === 'b').length / held.length;
  expect(heldInB).toBeGreaterThan(0.65);
  expect(heldInB).toBeLessThan(0.85);
});

test('no holdout holds nobody', () => {
  expect(people.some((id) => isHeldOut('autumn', id, 0))).toBe(false);
});

test('Wilson’s interval at known points', () => {
  // Figures of the published formula for 95%: 10 of 100 is 5.52% to 17.44%, 0 of 10 is 0% to 27.75%.
  expect(wilson(10, 100).low).toBeCloseTo(0.0552, 4);
  expect(wilson(10, 100).high).toBeCloseTo(0.1744, 4);
  expect(wilson(0, 10).low).toBe(0);
  expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
  expect(wilson(10, 10).high).toBe(1);
  expect(wilson(0, 0)).toMatchObject({ rate: 0, low: 0, high: 1 });
});

test('retries grow, are spread, and are bounded', () => {
  expect(retryDelay(1, 0.5, 60_000)).toBe(60_000);
  expect(retryDelay(2, 0.5, 60_000)).toBe(120_000);
  expect(retryDelay(1, 0, 60_000)).toBe(45_000);
  expect(retryDelay(500, 0.99, 60_000)).toBeLessThanOrEqual(4 * 3_600_000 * 1.25);
});
