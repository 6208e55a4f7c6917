import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { helperShapes, helpers } from '../../src/content/helpers.ts';

const call = (name: string, values: readonly unknown[], hash: Record<string, unknown> = {}) =>
  helpers[name]?.(...values, { hash });

describe('helpers', () => {
  it.each([
    ['money', [2.5, 'GBP'], {}, '£2.50'],
    ['money', ['1234.5', 'eur'], { locale: 'de-DE' }, '1.234,50\u00a0€'],
    ['money', [2.5, 'pounds'], {}, undefined],
    ['money', ['', 'GBP'], {}, undefined],
    ['money', [1, 'GBP'], { locale: 'not a locale!' }, '£1.00'],
    ['number', [1234.5678], { decimals: 1 }, '1,234.6'],
    ['number', ['many'], {}, undefined],
    ['date', ['2011-09-30'], {}, '30 September 2011'],
    ['date', ['2011-09-30T23:30:00Z'], { zone: 'Asia/Tokyo' }, '1 October 2011'],
    ['date', ['2011-09-30 23:30'], { zone: 'Mars/Olympus' }, '30 September 2011'],
    ['date', [0], { locale: 'fr', style: 'full' }, 'jeudi 1 janvier 1970'],
    ['date', ['soon'], {}, undefined],
    ['date', ['2025-02-30'], {}, undefined],
    ['url', ['a b/c&d'], {}, 'a%20b%2Fc%26d'],
    ['url', ['\ud800'], {}, '%EF%BF%BD'],
    ['title', ['WHITE HANGING T-LIGHT (ÉTÉ)'], {}, 'White Hanging T-Light (Été)'],
    ['default', [undefined, '', 'x'], {}, 'x'],
    ['eq', [1, '1'], {}, true],
    ['gt', ['10', 9], {}, true],
    ['lt', ['a', 9], {}, false],
    ['and', [[1], 'x'], {}, true],
    ['or', [[], ''], {}, false],
    ['not', [[]], {}, true],
  ])('%s %j %j', (name, values, hash, expected) => {
    expect(call(name, values, hash)).toBe(expected);
  });

  it('never throw, whatever they are given', () => {
    const names = fc.constantFrom(...Object.keys(helperShapes));
    const anything = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.double());
    const hash = fc.record(
      { locale: anything, zone: anything, style: anything, decimals: anything },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        names,
        fc.array(anything, { minLength: 2, maxLength: 3 }),
        hash,
        (name, values, options) => {
          call(name, values, options);
        },
      ),
      { numRuns: 500 },
    );
  });
});
