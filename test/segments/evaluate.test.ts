import { describe, expect, test } from 'vitest';
import { evaluate, type Subject, type SubjectEvent } from '../../src/segments/evaluate.ts';
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

describe('order in time', () => {
  const at = (type: string, days: number, properties: Record<string, unknown> = {}): SubjectEvent => ({
    type,
    at: NOW - days * DAY,
    properties,
  });

  test('first and last look at one event alone', () => {
    const events = [at('order', 5, { a: 2 }), at('order', 100, { a: 1 }), at('order', -1, { a: 3 })];
    const ask = (rule: object) => fits(rule, {}, events);
    expect(ask({ first: 'order', within: '30d' })).toBe(false);
    expect(ask({ first: 'order', before: '30d ago' })).toBe(true);
    expect(ask({ last: 'order', within: '30d' })).toBe(true);
    expect(ask({ last: 'order', where: { property: 'a', is: 2 } })).toBe(true);
    expect(ask({ first: 'order', where: { property: 'a', is: 2 } })).toBe(false);
    expect(ask({ first: 'order', among: { property: 'a', gt: 1 }, within: '30d' })).toBe(true);
    expect(ask({ first: 'view' })).toBe(false);
  });

  test('a step that must not come is decided when its time is over', () => {
    const rule = { sequence: [{ did: 'view' }, { didNot: 'order', within: '7d' }] };
    const ask = (...events: SubjectEvent[]) => fits(rule, {}, events);
    expect(ask(at('view', 7))).toBe(true);
    expect(ask({ ...at('view', 7), at: NOW - 7 * DAY + 1 })).toBe(false);
    expect(ask(at('view', 10), at('order', 3))).toBe(false);
    expect(ask(at('view', 10), { ...at('order', 3), at: NOW - 3 * DAY + 1 })).toBe(true);
    expect(ask(at('view', 10), at('order', 10))).toBe(false);
    expect(ask(at('view', 10), at('order', 11))).toBe(true);
    expect(ask(at('view', 30), at('order', 29), at('view', 10))).toBe(true);
  });

  test('steps come one after the other, each within its time of the one before', () => {
    const rule = {
      sequence: [{ did: 'view' }, { did: 'cart', within: '2d' }, { did: 'order', within: '2d' }],
    };
    const ask = (...events: SubjectEvent[]) => fits(rule, {}, events);
    expect(ask(at('view', 10), at('cart', 8), at('order', 6))).toBe(true);
    expect(ask(at('view', 10), at('cart', 8), at('order', 5))).toBe(false);
    expect(ask(at('view', 10), at('order', 9), at('cart', 8))).toBe(false);
    expect(fits({ sequence: [{ did: 'order' }, { did: 'order' }] }, {}, [order(NOW), order(NOW)])).toBe(
      false,
    );
    expect(fits({ sequence: [{ did: 'order' }, { did: 'order' }] }, {}, [order(NOW), order(NOW - 1)])).toBe(
      true,
    );
  });
});

describe('ranks', () => {
  const spender = (id: number, ...totals: number[]): Subject => ({
    profile: { id, email: `c${id}@example.test`, attributes: {} },
    events: totals.map((total) => order(NOW - DAY, { total })),
  });
  const everyone = [
    spender(1, 10),
    spender(2, 5, 15),
    spender(3, 20),
    spender(4, 1),
    spender(5),
    spender(6, 2),
  ];
  const ids = (written: unknown) => {
    const rule = resolveRule(parseRule(written, 'rule'), new Map());
    return everyone
      .filter((subject) => evaluate(rule, subject, NOW, { everyone }))
      .map(({ profile }) => profile.id);
  };

  test('count those who take part, round up, and keep who is level with the last', () => {
    const by = { trait: 'orderTotal' };
    expect(ids({ top: '20%', by })).toEqual([2, 3]);
    expect(ids({ top: '21%', by })).toEqual([2, 3]);
    expect(ids({ top: 3, by })).toEqual([1, 2, 3]);
    expect(ids({ bottom: '1%', by })).toEqual([4]);
    expect(ids({ top: '100%', by })).toEqual([1, 2, 3, 4, 6]);
    expect(ids({ top: 99, by: { did: 'view' } })).toEqual([]);
    expect(ids({ top: 1, by: { did: 'order' } })).toEqual([2]);
    expect(ids({ top: 1, by: { did: 'order', sum: { property: 'total' }, within: '1h' } })).toEqual([]);
  });
});

describe('letters', () => {
  const letter = { campaign: 'spring', variant: 'b', at: NOW - 10 * DAY };
  const happened = (type: string, days: number): SubjectEvent => ({
    type,
    at: NOW - days * DAY,
    properties: { campaign: 'spring', variant: 'b', send: 1, run: 1 },
  });
  const subject = (state: string, ...events: SubjectEvent[]): Subject => ({
    profile: { id: 1, email: 'anna@example.test', attributes: {} },
    events,
    letters: [{ ...letter, state }],
  });
  const ask = (written: object, one: Subject) =>
    evaluate(resolveRule(parseRule(written, 'rule'), new Map()), one, NOW);

  test('a letter was sent when it left, even if no answer came', () => {
    const sent = { letter: 'sent', campaign: 'spring' };
    expect(ask(sent, subject('accepted'))).toBe(true);
    expect(ask(sent, subject('unknown'))).toBe(true);
    expect(ask(sent, subject('skipped'))).toBe(false);
    expect(ask({ ...sent, variant: 'a' }, subject('accepted'))).toBe(false);
    expect(ask({ ...sent, within: '7d' }, subject('accepted'))).toBe(false);
    expect(ask({ letter: 'sent', campaign: 'autumn' }, subject('accepted'))).toBe(false);
  });

  test('who clicks or answers has opened', () => {
    const opened = { letter: 'opened', campaign: 'spring', within: '7d' };
    expect(ask(opened, subject('accepted', happened('clicked', 3)))).toBe(true);
    expect(ask(opened, subject('accepted', happened('opened', 8)))).toBe(false);
    expect(ask({ ...opened, letter: 'clicked' }, subject('accepted', happened('opened', 3)))).toBe(false);
    expect(ask({ letter: 'replied', variant: 'b' }, subject('accepted', happened('replied', 3)))).toBe(true);
  });
});
