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
])('%j in words', (written, words) => {
  expect(describeRule(rule(written))).toBe(words);
});
