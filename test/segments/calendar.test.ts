import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayOf, firstDayFrom, isPeriod, isZone, periodOf } from '../../src/segments/calendar.ts';
import { evaluate, type SubjectEvent } from '../../src/segments/evaluate.ts';
import { parseRule, type ResolvedRule } from '../../src/segments/rule.ts';
import { defaultRuleSettings } from '../../src/segments/settings.ts';

/** A Thursday, in the last hour before clocks in Berlin go back that week. */
const NOW = Date.parse('2011-10-27T22:30:00Z');

const span = (text: string, zone: string, now = NOW) => {
  const { from, until } = periodOf(text, now, zone);
  return [new Date(from).toISOString(), new Date(until).toISOString()];
};

test.each<[string, string, string, string]>([
  ['today', 'UTC', '2011-10-27T00:00:00.000Z', '2011-10-28T00:00:00.000Z'],
  ['today', 'Europe/Berlin', '2011-10-27T22:00:00.000Z', '2011-10-28T22:00:00.000Z'],
  ['yesterday', 'America/New_York', '2011-10-26T04:00:00.000Z', '2011-10-27T04:00:00.000Z'],
  ['tomorrow', 'UTC', '2011-10-28T00:00:00.000Z', '2011-10-29T00:00:00.000Z'],
  ['this week', 'Europe/Berlin', '2011-10-23T22:00:00.000Z', '2011-10-30T23:00:00.000Z'],
  ['last week', 'UTC', '2011-10-17T00:00:00.000Z', '2011-10-24T00:00:00.000Z'],
  ['this month', 'Europe/Berlin', '2011-09-30T22:00:00.000Z', '2011-10-31T23:00:00.000Z'],
  ['last 3 months', 'UTC', '2011-07-01T00:00:00.000Z', '2011-10-01T00:00:00.000Z'],
  ['next 2 days', 'UTC', '2011-10-28T00:00:00.000Z', '2011-10-30T00:00:00.000Z'],
  ['this quarter', 'UTC', '2011-10-01T00:00:00.000Z', '2012-01-01T00:00:00.000Z'],
  ['last year', 'UTC', '2010-01-01T00:00:00.000Z', '2011-01-01T00:00:00.000Z'],
  ['2011', 'UTC', '2011-01-01T00:00:00.000Z', '2012-01-01T00:00:00.000Z'],
  ['2011-Q4', 'UTC', '2011-10-01T00:00:00.000Z', '2012-01-01T00:00:00.000Z'],
  ['2012-02', 'UTC', '2012-02-01T00:00:00.000Z', '2012-03-01T00:00:00.000Z'],
  // A day of 25 hours, and one whose midnight no clock showed.
  ['2011-10-30', 'Europe/Berlin', '2011-10-29T22:00:00.000Z', '2011-10-30T23:00:00.000Z'],
  ['2011-10-16', 'America/Sao_Paulo', '2011-10-16T03:00:00.000Z', '2011-10-17T02:00:00.000Z'],
])('%s in %s', (text, zone, from, until) => {
  expect(isPeriod(text)).toBe(true);
  expect(span(text, zone)).toEqual([from, until]);
});

test.each(['last fortnight', 'this', '2011-13', '2011-Q5', '2011-02-30', 'last 0 days', 'Today', ''])(
  '%j is no period',
  (text) => {
    expect(isPeriod(text)).toBe(false);
  },
);

test('zones are those of the IANA database', () => {
  expect(['UTC', 'Europe/Berlin', 'Asia/Kolkata'].every(isZone)).toBe(true);
  expect(['', 'Mars', 'Europe/Berlim', '__proto__', 'x'.repeat(100)].some(isZone)).toBe(false);
});

test('periods in a row meet: nothing falls between them, nothing is in two', () => {
  const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Kiritimati', 'Australia/Lord_Howe'];
  // After New Year of 1995, which Kiritimati left out.
  const moment = fc.integer({ min: Date.UTC(1996, 0), max: Date.UTC(2035, 0) });
  const unit = fc.constantFrom('day', 'week', 'month', 'quarter', 'year');
  fc.assert(
    fc.property(moment, unit, fc.constantFrom(...zones), (now, each, zone) => {
      const [last, here, next] = ['last', 'this', 'next'].map((word) =>
        periodOf(`${word} ${each}`, now, zone),
      );
      expect(last?.until).toBe(here?.from);
      expect(here?.until).toBe(next?.from);
      expect(here?.from).toBeLessThanOrEqual(now);
      expect(here?.until).toBeGreaterThan(now);
    }),
  );
});

test('the first day from a moment on', () => {
  expect(firstDayFrom(Date.parse('2011-10-27T22:00:00Z'), 'Europe/Berlin')).toBe('2011-10-28');
  expect(firstDayFrom(Date.parse('2011-10-27T22:00:00.001Z'), 'Europe/Berlin')).toBe('2011-10-29');
  expect(firstDayFrom(Date.parse('9999-12-31T12:00:00Z'), 'UTC')).toBeUndefined();
});

describe('rules at the edges of days', () => {
  const fits = (
    written: unknown,
    { attributes = {}, at = [], zone = 'UTC' }: { attributes?: object; at?: string[]; zone?: string },
  ) => {
    const events: SubjectEvent[] = at.map((text) => ({
      type: 'order',
      at: Date.parse(text),
      properties: {},
    }));
    const profile = { id: 1, email: 'anna@example.test', attributes: { ...attributes } };
    const rule = parseRule(written, 'rule') as ResolvedRule;
    return evaluate(rule, { profile, events }, NOW, { settings: { ...defaultRuleSettings, zone } });
  };

  test('a month begins at the midnight of its zone', () => {
    const october = { did: 'order', during: '2011-10', zone: 'Europe/Berlin' };
    expect(fits(october, { at: ['2011-09-30T21:59:59.999Z'] })).toBe(false);
    expect(fits(october, { at: ['2011-09-30T22:00:00Z'] })).toBe(true);
    expect(fits({ did: 'order', during: '2011-10' }, { at: ['2011-09-30T22:00:00Z'] })).toBe(false);
    expect(
      fits({ did: 'order', during: '2011-10' }, { at: ['2011-09-30T22:00:00Z'], zone: 'Europe/Berlin' }),
    ).toBe(true);
  });

  test('days in rules are of the zone too', () => {
    const before = { did: 'order', before: '2011-10-01', zone: 'America/New_York' };
    expect(fits(before, { at: ['2011-10-01T03:59:59.999Z'] })).toBe(true);
    expect(fits(before, { at: ['2011-10-01T04:00:00Z'] })).toBe(false);
    const between = { did: 'order', between: ['2011-10-01', '2011-10-01'], zone: 'America/New_York' };
    expect(fits(between, { at: ['2011-10-02T03:59:59.999Z'] })).toBe(true);
    expect(fits(between, { at: ['2011-10-02T04:00:00Z'] })).toBe(false);
  });

  test('a date without a time is a day of the zone, wherever that is', () => {
    for (const zone of ['UTC', 'America/New_York', 'Pacific/Kiritimati']) {
      const ask = (operator: object, day: string) =>
        fits({ attribute: 'until', ...operator, zone }, { attributes: { until: day } });
      expect(ask({ during: '2011-10' }, '2011-10-01')).toBe(true);
      expect(ask({ during: '2011-10' }, '2011-10-31')).toBe(true);
      expect(ask({ during: '2011-10' }, '2011-09-30')).toBe(false);
      expect(ask({ during: '2011-10' }, '2011-11-01')).toBe(false);
      expect(ask({ before: '2011-10-01' }, '2011-09-30')).toBe(true);
      expect(ask({ before: '2011-10-01' }, '2011-10-01')).toBe(false);
      expect(ask({ after: '2011-10-01' }, '2011-10-01')).toBe(false);
      expect(ask({ after: '2011-10-01' }, '2011-10-02')).toBe(true);
      expect(ask({ between: ['2011-10-01', '9999-12-31'] }, '2011-10-02')).toBe(true);
    }
  });
});

describe('days', () => {
  const zones = fc.constantFrom(
    'America/Havana',
    'Atlantic/Azores',
    'America/St_Johns',
    'Europe/Berlin',
    'Asia/Beirut',
    'America/Sao_Paulo',
    'Australia/Lord_Howe',
    'Africa/Cairo',
    'UTC',
  );
  const days = fc
    .integer({ min: Date.UTC(2005, 0, 1) / 86_400_000, max: Date.UTC(2027, 0, 1) / 86_400_000 })
    .map((day) => new Date(day * 86_400_000));
  const textOf = (date: Date) => date.toISOString().slice(0, 10);

  test('follow each other without a gap, wherever clocks are set', () => {
    fc.assert(
      fc.property(zones, days, (zone, day) => {
        const next = new Date(day.getTime() + 86_400_000);
        expect(dayOf(textOf(day), zone).until).toBe(dayOf(textOf(next), zone).from);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['America/Havana', '2025-11-02', '2025-11-02T04:00:00Z', '2025-11-03T05:00:00Z'],
    ['Atlantic/Azores', '2025-10-26', '2025-10-26T00:00:00Z', '2025-10-27T01:00:00Z'],
  ])('in %s %s begins when its midnight comes first', (zone, day, from, until) => {
    const span = { from: Date.parse(from), until: Date.parse(until) };
    expect(dayOf(day, zone)).toEqual(span);
    expect(periodOf('today', span.from + 60_000, zone)).toEqual(span);
    expect(periodOf('yesterday', span.until, zone)).toEqual(span);
    expect(firstDayFrom(span.from, zone)).toBe(day);
  });
});
