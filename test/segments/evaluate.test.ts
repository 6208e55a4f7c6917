import { describe, expect, test } from 'vitest';
import { evaluate, type SubjectEvent } from '../../src/segments/evaluate.ts';
import { resolveRule } from '../../src/segments/resolve.ts';
import { parseRule } from '../../src/segments/rule.ts';

const NOW = Date.parse('2011-09-30T00:00:00Z');
const DAY = 86_400_000;

function fits(
  written: unknown,
  attributes: Record<string, unknown> = {},
  events: SubjectEvent[] = [],
): boolean {
  const rule = resolveRule(parseRule(written, 'rule'), new Map());
  return evaluate(rule, { profile: { id: 1, email: 'Anna@example.test', attributes }, events }, NOW);
}
const value = (a: unknown, operator: object) => fits({ attribute: 'a', ...operator }, { a });
const order = (at: string | number, properties: Record<string, unknown> = {}): SubjectEvent => ({
  type: 'order',
  at: typeof at === 'number' ? at : Date.parse(at),
  properties,
});

describe('comparisons', () => {
  test('types are never mixed', () => {
    expect(value('1', { is: 1 })).toBe(false);
    expect(value(1, { is: '1' })).toBe(false);
    expect(value(true, { is: 'true' })).toBe(false);
    expect(value(1, { is: true })).toBe(false);
    expect(value('10', { gt: 9 })).toBe(false);
    expect(value(10, { gt: 9 })).toBe(true);
    expect(value('b', { gt: 'a' })).toBe(true);
  });

  test('what is absent, or null, equals nothing and exists not', () => {
    for (const attributes of [{}, { a: null }]) {
      const ask = (operator: object) => fits({ attribute: 'a', ...operator }, attributes);
      expect(ask({ isNot: 'x' })).toBe(true);
      expect(ask({ notIn: ['x', 1] })).toBe(true);
      expect(ask({ exists: false })).toBe(true);
      expect(ask({ is: 'x' })).toBe(false);
      expect(ask({ lt: 5 })).toBe(false);
      expect(ask({ contains: 'x' })).toBe(false);
      expect(ask({ after: '2000-01-01' })).toBe(false);
    }
    expect(fits({ attribute: 'toString', exists: true })).toBe(false);
  });

  test('texts compare in the same case, without wildcards, by code point', () => {
    expect(value('France', { is: 'france' })).toBe(false);
    expect(value('France', { contains: 'FRA' })).toBe(false);
    expect(value('100 %', { contains: '%' })).toBe(true);
    expect(value('abc', { startsWith: '_b' })).toBe(false);
    expect(value('😀', { gt: '\uFFFD' })).toBe(true);
    expect(fits({ attribute: 'email', startsWith: 'Anna@' })).toBe(true);
  });

  test('a list contains its texts', () => {
    expect(value(['shoes', 'hats'], { contains: 'hats' })).toBe(true);
    expect(value(['shoes', 'hats'], { contains: 'hat' })).toBe(false);
    expect(value(['a'], { is: '["a"]' })).toBe(false);
  });

  test('dates: a day begins at midnight UTC, before ends there, after begins when it is over', () => {
    expect(value('2011-09-29', { before: '2011-09-30' })).toBe(true);
    expect(value('2011-09-30', { before: '2011-09-30' })).toBe(false);
    expect(value('2011-09-30T23:59:59Z', { after: '2011-09-30' })).toBe(false);
    expect(value('2011-10-01', { after: '2011-09-30' })).toBe(true);
    expect(value('2011-09-30T12:00:00Z', { between: ['2011-09-30', '2011-09-30'] })).toBe(true);
    expect(value('2011-09-30T12:00:00.500Z', { after: '2011-09-30T12:00:00Z' })).toBe(true);
    expect(value('2011-09-28', { within: '3d' })).toBe(true);
    expect(
      value('2011-10-10', { between: ['0m ago', 'in 30d'].map((text) => text.replace('0m ago', '1m ago')) }),
    ).toBe(true);
    expect(value('30.9.2011', { before: '2012-01-01' })).toBe(false);
    expect(value(20110930, { before: '2012-01-01' })).toBe(false);
  });
});

describe('events', () => {
  test('within is later than so long ago, and not later than now', () => {
    const within = (at: number) => fits({ did: 'order', within: '90d' }, {}, [order(at)]);
    expect(within(NOW - 90 * DAY)).toBe(false);
    expect(within(NOW - 90 * DAY + 1)).toBe(true);
    expect(within(NOW)).toBe(true);
    expect(within(NOW + 1)).toBe(false);
  });

  test('what lies ahead of now has not happened', () => {
    expect(fits({ did: 'order' }, {}, [order('2999-01-01')])).toBe(false);
    expect(fits({ didNot: 'order' }, {}, [order('2999-01-01')])).toBe(true);
    expect(fits({ did: 'order', after: '2011-01-01' }, {}, [order('2999-01-01')])).toBe(false);
  });

  test('days are whole, zones are heeded', () => {
    const happened = (times: object, at: string) => fits({ did: 'order', ...times }, {}, [order(at)]);
    expect(happened({ before: '2011-09-01' }, '2011-08-31T23:59:59.999Z')).toBe(true);
    expect(happened({ before: '2011-09-01' }, '2011-09-01T00:00:00Z')).toBe(false);
    expect(happened({ after: '2011-09-01' }, '2011-09-01T23:59:59.999Z')).toBe(false);
    expect(happened({ between: ['2011-09-01', '2011-09-02'] }, '2011-09-02T23:59:59.999Z')).toBe(true);
    expect(happened({ before: '2011-09-01T00:00:00+02:00' }, '2011-08-31T22:00:00Z')).toBe(false);
    expect(happened({ before: '30d ago' }, '2011-08-30T23:59:59.999Z')).toBe(true);
    expect(happened({ after: '30d ago' }, '2011-08-31T00:00:00Z')).toBe(false);
  });

  test('counts: one at least, unless a count is given', () => {
    const two = [order(NOW), order(NOW - 1)];
    expect(fits({ did: 'order', sum: { property: 'x', lt: 5 } })).toBe(false);
    expect(fits({ did: 'order', atMost: 1 })).toBe(true);
    expect(fits({ did: 'order', exactly: 0 })).toBe(true);
    expect(fits({ did: 'order', exactly: 2 }, {}, two)).toBe(true);
    expect(fits({ did: 'order', atLeast: 1, atMost: 1 }, {}, two)).toBe(false);
  });

  test('where, distinct and sums', () => {
    const lines = [
      order(NOW, { invoice: 'A', price: 0.1, quantity: 1 }),
      order(NOW, { invoice: 'A', price: 0.2, quantity: 1 }),
      order(NOW, { invoice: 'B', price: 2.55, quantity: 6 }),
      order(NOW, { invoice: 'C', price: 'free', quantity: 6 }),
      order(NOW, { price: 1e300, quantity: 1e300 }),
    ];
    const ask = (rule: object) => fits({ did: 'order', ...rule }, {}, lines);
    expect(ask({ distinct: { property: 'invoice', exactly: 3 } })).toBe(true);
    expect(ask({ sum: { property: 'price', times: 'quantity', gte: 15.6, lte: 15.6 } })).toBe(true);
    const small = { property: 'price', lt: 1 };
    expect(ask({ exactly: 2, where: small })).toBe(true);
    expect(ask({ where: small, sum: { property: 'price', gte: 0.3, lte: 0.3 } })).toBe(true);
    expect(
      ask({
        exactly: 1,
        where: { all: [{ property: 'invoice', exists: true }, { not: { property: 'price', lt: 9 } }] },
      }),
    ).toBe(true);
  });
});
