import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { declaredTyping, typedText, typingOf } from '../../../src/profiles/import/typing.ts';

describe('typedText', () => {
  test.each([
    ['12', 12],
    [' 0 ', 0],
    ['-0.50', -0.5],
    ['999999999999999', 999_999_999_999_999],
    ['True', true],
    [' false', false],
    ['["a",1]', ['a', 1]],
    ['[]', []],
  ])('%j is %j', (text, value) => {
    expect(typedText(text)).toEqual(value);
  });

  test.each([
    '007',
    '+49',
    '1e3',
    '1,5',
    '1.',
    '.5',
    '--1',
    '1 000',
    '1234567890123456',
    '0.1234567890123456',
    '2026-11-30',
    'yes',
    'NaN',
    'Infinity',
    '0x10',
    '[1',
    '{"a":1}',
    'truest',
    '- ',
  ])('%j stays a text', (text) => {
    expect(typedText(text)).toBe(text);
  });

  test('a number says the same as its text did', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)), (text) => {
        const value = typedText(text);
        expect(typedText(text)).toEqual(value);
        if (typeof value !== 'number') return;
        expect(value).toBe(Number(text) + 0);
        expect(text.trim()).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('types by name', () => {
  test.each(['zip', 'Post code', 'customerId', 'phone_no', 'PLZ', 'EAN', 'order.number'])(
    '%s holds codes',
    (name) => {
      expect(typingOf(name)('50667', name)).toBe('50667');
    },
  );

  test.each(['points', 'orders', 'age', 'idle', 'Bestellungen', 'number of orders'])(
    '%s holds numbers',
    (name) => {
      expect(typingOf(name)('50667', name)).toBe(50_667);
    },
  );

  test('what the mapping says counts', () => {
    const dates = { timeZone: 'Europe/Berlin', format: 'dd.MM.yyyy' };
    const as = (type: Parameters<typeof declaredTyping>[0], value: string) =>
      declaredTyping(type, dates)(value, 'column');
    expect(as('text', '12')).toBe('12');
    expect(as('number', '012')).toBe(12);
    expect(as('boolean', 'yes')).toBe(true);
    expect(as('date', '24.12.2026')).toBe('2026-12-24');
    expect(as('time', '24.12.2026')).toBe('2026-12-23T23:00:00.000Z');
    expect(as('list', 'a; b,c |')).toEqual(['a', 'b', 'c']);
    expect(as('list', '["a;b"]')).toEqual(['a;b']);
    expect(as('number', 'twelve')).toMatchObject({ reason: 'column is not a number' });
  });
});
