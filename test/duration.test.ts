import { expect, test } from 'vitest';
import { parseDuration } from '../src/duration.ts';

test('durations are a number and a unit', () => {
  expect(['90m', '12h', '30d', '2w'].map(parseDuration)).toEqual([
    5_400_000, 43_200_000, 2_592_000_000, 1_209_600_000,
  ]);
});

test.each(['', '0d', '-1d', '1.5d', '30', 'd', '30 d', '30D', '30d ', '1y', '999999999w', '٣d'])(
  '%j is none',
  (text) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: 'duration.invalid', kind: 'usage' }),
    );
  },
);
