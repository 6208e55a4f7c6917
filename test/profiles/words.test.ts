import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Consent,
  type ConsentState,
  effectOf,
  momentsOf,
  readConsentState,
} from '../../src/profiles/consent.ts';
import { derivedKey, statedKey } from '../../src/profiles/event-key.ts';
import { canonicalJson, wrongJson, wrongKey } from '../../src/profiles/json.ts';
import {
  onlyImportant,
  readFrequency,
  readQuietHours,
  readTimeZone,
  unlimited,
  writeFrequency,
  writeQuietHours,
} from '../../src/profiles/preferences.ts';
import { readTime, wrongMoment } from '../../src/profiles/times.ts';

describe('preferences', () => {
  test('read what they write', () => {
    expect(readFrequency(' 2 per Week ')).toEqual({ max: 2, per: 'week' });
    expect(writeFrequency({ max: 2, per: 'week' })).toBe('2 per week');
    for (const wrong of ['0 per week', 'two per week', '2 per year', '2', '', '99999 per day']) {
      expect(readFrequency(wrong)).toBeUndefined();
    }
    expect(readFrequency('Unlimited')).toEqual(unlimited);
    expect(readFrequency('only  important')).toEqual(onlyImportant);
    expect(readFrequency('1 per month, only important')).toEqual({
      max: 1,
      per: 'month',
      importantOnly: true,
    });
    for (const text of ['unlimited', 'only important', '3 per day', '1 per month, only important']) {
      const frequency = readFrequency(text);
      expect(frequency && writeFrequency(frequency)).toBe(text);
    }
    expect(readQuietHours('21:00-8:30')).toEqual({ from: 1260, to: 510 });
    expect(readQuietHours('22:00-24:00')).toEqual({ from: 1320, to: 0 });
    expect(writeQuietHours({ from: 1260, to: 510 })).toBe('21:00-08:30');
    for (const wrong of ['21-8', '25:00-08:00', '08:60-09:00', '24:30-08:00', '08:00-08:00', '']) {
      expect(readQuietHours(wrong)).toBeUndefined();
    }
    expect(readTimeZone(' Europe/Berlin ')).toBe('Europe/Berlin');
    for (const wrong of ['Mars/Olympus', '+02:00', '', '../etc/passwd'])
      expect(readTimeZone(wrong)).toBeUndefined();
  });
});

describe('consent', () => {
  const standing = (state: ConsentState, at: number): Consent => ({ topic: 't', state, at, source: 's' });

  test('with requests to confirm among them, nobody is in whose newest word is not yes', () => {
    const statements = fc.array(
      fc.record({
        state: fc.constantFrom<ConsentState>('in', 'out', 'pending'),
        at: fc.integer({ min: 0, max: 6 }),
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(statements, (given) => {
        let current: Consent | undefined;
        for (const one of given) {
          const change = { ...one, topic: 't', source: 's' };
          if (effectOf(current, change, 9) === 'state') current = change;
        }
        const words = given.filter((one) => one.state !== 'pending');
        const newest = words.filter((one) => one.at === Math.max(...words.map(({ at }) => at)));
        const isYes = newest.length > 0 && newest.every((one) => one.state === 'in');
        if (!isYes) expect(current?.state).not.toBe('in');
        if (words.length === given.length && isYes) expect(current?.state).toBe('in');
      }),
      { numRuns: 1000 },
    );
  });

  test('a request to confirm', () => {
    const ask = { topic: 't', state: 'pending', at: 7, source: 's' } as const;
    expect(effectOf(undefined, ask, 9)).toBe('state');
    expect(effectOf(standing('in', 5), ask, 9)).toBe('nothing');
    expect(effectOf(standing('out', 5), ask, 9)).toBe('state');
    expect(effectOf(standing('out', 9), ask, 9)).toBe('history');
    expect(effectOf(standing('pending', 5), { ...ask, state: 'in', at: undefined }, 9)).toBe('nothing');
    expect(effectOf(standing('pending', 5), { ...ask, state: 'out', at: undefined }, 9)).toBe('state');
    expect(effectOf(standing('pending', 7), { ...ask, state: 'in' }, 9)).toBe('state');
  });

  test('the state after any statements is that of the newest, and out of those of one moment', () => {
    const statements = fc.array(
      fc.record({
        state: fc.constantFrom('in' as const, 'out' as const),
        at: fc.integer({ min: 0, max: 5 }),
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(statements, (given) => {
        let current: Consent | undefined;
        for (const one of given) {
          const change = { ...one, topic: 't', source: 's' };
          if (effectOf(current, change, 9) === 'state')
            current = { ...change, ...momentsOf(current, change, 9) };
        }
        const newest = Math.max(...given.map((one) => one.at));
        const atNewest = given.filter((one) => one.at === newest);
        expect(current?.at).toBe(newest);
        expect(current?.state).toBe(atNewest.some((one) => one.state === 'out') ? 'out' : 'in');
      }),
    );
  });

  test('without a time, in never overrides out, and out is dated now', () => {
    const yes = { topic: 't', state: 'in' as const, at: undefined, source: '' };
    expect(effectOf(standing('out', 5), yes, 9)).toBe('nothing');
    const out = { topic: 't', state: 'out' as const, at: undefined, source: '' };
    expect(effectOf(standing('in', 5), out, 9)).toBe('state');
    expect(momentsOf(standing('in', 50), out, 9)).toEqual({ at: 50 });
  });

  test('a moment ahead of now counts as now, on either side', () => {
    const said = (state: 'in' | 'out', at: number) => ({ topic: 't', state, at, source: 's' });
    expect(momentsOf(undefined, said('in', 12), 9)).toEqual({ at: 9, statedAt: 12 });
    expect(momentsOf(undefined, said('in', 9), 9)).toEqual({ at: 9 });
    expect(effectOf(standing('in', 12), said('out', 9), 9)).toBe('state');
    expect(effectOf(standing('in', 12), said('out', 8), 9)).toBe('history');
    expect(effectOf(standing('out', 9), said('in', 12), 9)).toBe('history');
  });

  test('reads the usual words', () => {
    expect([' IN ', 'yes', true, 1].map(readConsentState)).toEqual(['in', 'in', 'in', 'in']);
    expect(['out', 'No', false, 0].map(readConsentState)).toEqual(['out', 'out', 'out', 'out']);
    expect(['maybe', '', null, 'constructor', {}].map(readConsentState)).toEqual(Array(5).fill(undefined));
  });
});

describe('readTime', () => {
  const utc = { timeZone: 'UTC' };
  const london = { timeZone: 'Europe/London' };

  test.each([
    ['2010-12-01 08:26:00', utc, '2010-12-01T08:26:00.000Z'],
    ['2011-07-01 08:26:00', london, '2011-07-01T07:26:00.000Z'],
    ['2011-01-01T08:26', london, '2011-01-01T08:26:00.000Z'],
    ['2011-07-01T08:26:00.1239+02:00', london, '2011-07-01T06:26:00.123Z'],
    ['2011-07-01T08:26:00-0330', utc, '2011-07-01T11:56:00.000Z'],
    ['2011-07-01 08:26:00 Z', london, '2011-07-01T08:26:00.000Z'],
    ['2011-07-01', london, '2011-06-30T23:00:00.000Z'],
    ['2024-02-29', utc, '2024-02-29T00:00:00.000Z'],
    ['1300000000', utc, '2011-03-13T07:06:40.000Z'],
    [1_300_000_000, utc, '2011-03-13T07:06:40.000Z'],
    ['1300000000123', utc, '2011-03-13T07:06:40.123Z'],
    ['Sun, 13 Mar 2011 07:06:40 GMT', utc, '2011-03-13T07:06:40.000Z'],
    [
      '13.03.2011 08:06',
      { timeZone: 'Europe/Berlin', format: 'dd.MM.yyyy HH:mm' },
      '2011-03-13T07:06:00.000Z',
    ],
  ])('%j in %j is %s', (text, reading, expected) => {
    expect(new Date(readTime(text, reading) ?? 0).toISOString()).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '03/04/2024',
    'yesterday',
    '2023-02-29',
    '2023-13-01',
    '2023-01-01 25:00',
    '12',
    -5,
    Number.NaN,
    null,
  ])('%j is no time', (value) => {
    expect(readTime(value, utc)).toBeUndefined();
  });

  test('an event cannot be of 1970 or 2999', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(wrongMoment(0, now)).toMatch(/1990/);
    expect(wrongMoment(Date.UTC(2999, 0, 1), now)).toMatch(/future/);
    expect(wrongMoment(now + 3_600_000, now)).toBeUndefined();
  });
});

describe('JSON that is to be stored', () => {
  test('harmful, endless and impossible values are refused in words', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level += 1) deep = { a: deep };
    const many = Object.fromEntries(Array.from({ length: 251 }, (_, index) => [`k${index}`, 1]));
    const wrong = [
      JSON.parse('{"__proto__": 1}'),
      JSON.parse('{"a": {"constructor": 1}}'),
      { a: 'x\u0000y' },
      { a: '\ud800' },
      { a: Number.POSITIVE_INFINITY },
      { a: [Array(6000).fill(1)] },
      { a: 'x'.repeat(2_000_001) },
      { 'a\nb': 1 },
      { '': 1 },
      { ['k'.repeat(101)]: 1 },
      deep,
      many,
      { a: undefined },
    ];
    for (const value of wrong) expect(wrongJson(value)).toMatch(/\w/);
    expect(
      wrongJson({ a: 'x'.repeat(1_000_000), b: [{ c: null }], 'd.e "f"': -0.5, g: '😀' }),
    ).toBeUndefined();
    expect(wrongKey('Größe (cm)')).toBeUndefined();
  });

  test('canonical JSON is the same for the same value, and parses back to it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json: unknown = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(json as Parameters<typeof canonicalJson>[0]);
        expect(JSON.parse(text)).toEqual(json);
      }),
    );
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe(canonicalJson({ a: [{ c: 2, d: 1 }], b: 1 }));
  });

  test.each([derivedKey, statedKey])('keys of events differ when anything differs: %o', (made) => {
    const keys = [
      made('a@x.de', 'order', 1, { n: 1 }),
      made('b@x.de', 'order', 1, { n: 1 }),
      made('a@x.de', 'view', 1, { n: 1 }),
      made('a@x.de', 'order', 2, { n: 1 }),
      made('a@x.de', 'order', 1, { n: '1' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(made('a@x.de', 'order', 1, { a: 1, b: 2 })).toBe(made('a@x.de', 'order', 1, { b: 2, a: 1 }));
  });
});
