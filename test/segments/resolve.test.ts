import { expect, test } from 'vitest';
import { describeRule } from '../../src/segments/describe.ts';
import { resolveRule, segmentsIn } from '../../src/segments/resolve.ts';
import { parseRule, type Rule } from '../../src/segments/rule.ts';

const rule = (value: unknown): Rule => parseRule(value, 'rule');

test('saved segments take the place of their names, and the result can be stored and read again', () => {
  const saved = new Map([
    ['a', rule({ any: [{ segment: 'b' }, { everyone: true }] })],
    ['b', rule({ did: 'order' })],
  ]);
  const written = rule({ all: [{ segment: 'a' }, { not: { segment: 'b' } }] });
  const resolved = { all: [{ any: [{ did: 'order' }, { everyone: true }] }, { not: { did: 'order' } }] };
  expect(resolveRule(written, saved)).toEqual(resolved);
  expect(rule(JSON.parse(JSON.stringify(resolved)))).toEqual(resolved);
  expect(segmentsIn(written)).toEqual(['a', 'b']);
});

test('circles, unknown names and rules that grow without measure are refused', () => {
  const saved = new Map([
    ['a', rule({ not: { segment: 'b' } })],
    ['b', rule({ all: [{ segment: 'a' }] })],
    ...Array.from({ length: 20 }, (_, n): [string, Rule] => {
      const next = { segment: `grow${n + 1}` };
      return [`grow${n}`, rule({ all: [next, next] })];
    }),
    ['grow20', rule({ everyone: true })],
  ]);
  expect(() => resolveRule(rule({ segment: 'a' }), saved)).toThrow('The segments go in a circle: a → b → a.');
  expect(() => resolveRule(rule({ segment: 'toString' }), saved)).toThrow(
    'There is no segment named "toString".',
  );
  expect(() => resolveRule(rule({ segment: 'grow0' }), saved)).toThrow(/more than 500 rules|too deep/);
});

test.each<[unknown, string]>([
  [{ attribute: 'country', is: 'France' }, 'country is "France"'],
  [{ attribute: 'a\nb', notIn: [1, 'x'] }, '"a\\nb" is none of 1, "x"'],
  [{ attribute: 'until', before: 'in 30d' }, 'until is before in 30d'],
  [{ did: 'order', atLeast: 2, within: '90d' }, 'did "order" at least 2 times in the last 90 days'],
  [
    {
      did: 'order',
      where: { property: 'category', is: 'shoes' },
      sum: { property: 'price', times: 'quantity', gte: 100 },
    },
    'did "order" where category is "shoes" with a total price × quantity of at least 100',
  ],
  [
    { did: 'order', distinct: { property: 'invoice', atLeast: 2 } },
    'did "order" with at least 2 different invoices',
  ],
  [
    { didNot: 'order', between: ['2011-01-01', '2011-02-01'] },
    'did not "order" between 2011-01-01 and 2011-02-01',
  ],
  [
    { all: [{ any: [{ segment: 'a' }, { everyone: true }] }, { not: { attribute: 'vip', exists: true } }] },
    '(is in the segment "a" or everyone) and not (vip is known)',
  ],
  [{ trait: 'orderTotal', gt: 500 }, 'total of all orders is more than 500'],
  [{ trait: 'stage', in: ['loyal', 'former'] }, 'stage of life is one of "loyal", "former"'],
  [{ trait: 'lastOrder', before: '180d ago' }, 'last order is before 180d ago'],
  [
    { first: 'order', during: 'this month', zone: 'Europe/Berlin' },
    'first "order" was this month (Europe/Berlin)',
  ],
  [
    {
      last: 'order',
      among: { property: 'category', is: 'shoes' },
      where: { property: 'coupon', exists: true },
      within: '1w',
    },
    'last "order" among those where category is "shoes" was in the last week and where coupon is known',
  ],
  [{ first: 'order' }, 'has a first "order"'],
  [
    {
      sequence: [
        { did: 'view', within: '14d' },
        { did: 'cart', where: { property: 'value', gt: 50 } },
        { didNot: 'order', within: '7d' },
      ],
    },
    'did "view" in the last 14 days and then later did "cart" where value is more than 50 and then within 7 days did not "order"',
  ],
  [{ top: '10%', by: { trait: 'orderTotal' } }, 'is in the top 10% by total of all orders'],
  [
    {
      bottom: 100,
      by: { did: 'order', during: 'last 3 months', sum: { property: 'price', times: 'quantity' } },
    },
    'is in the bottom 100 by total price × quantity of "order" in the last 3 whole months',
  ],
  [
    { letter: 'clicked', campaign: 'spring', variant: 'b', within: '30d' },
    'clicked in variant "b" of a letter of the campaign "spring" in the last 30 days',
  ],
  [{ not: { letter: 'sent' } }, 'not (was sent a letter of any campaign)'],
  [{ did: 'view', during: '2011-Q3' }, 'did "view" in 2011-Q3'],
])('%j in words', (written, words) => {
  expect(describeRule(rule(written))).toBe(words);
});
