import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DearError, messageOf } from '../../src/errors.ts';
import { parseRule } from '../../src/segments/rule.ts';
import { writtenRule } from './arbitraries.ts';

function refusal(value: unknown): string {
  try {
    parseRule(value, 'rule');
  } catch (error) {
    if (error instanceof DearError && error.kind === 'usage') return messageOf(error);
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(value)}`);
}

const OPERATORS =
  'is, isNot, in, notIn, gt, gte, lt, lte, contains, startsWith, endsWith, exists, within, before, after, between, during';
const TRAITS =
  'firstOrder, lastOrder, orders, orderTotal, averageOrder, daysSinceLastOrder, stage, opens30, opens90, clicks30, clicks90, replies30, replies90';
const COMPARING = `${OPERATORS}, zone`;
const KINDS =
  'all, any, not, attribute, trait, did, didNot, first, last, sequence, top, bottom, letter, segment, everyone';

describe('a refused rule says where, what, and what is allowed', () => {
  test.each<[string, unknown, string]>([
    [
      'an unknown operator',
      { all: [{ everyone: true }, { attribute: 'country', equals: 'France' }] },
      `rule.all[1] has an unknown word "equals"; allowed here: ${COMPARING}; did you mean 'is'?`,
    ],
    [
      'a misspelt word of an event rule',
      { not: { did: 'order', witin: '90d' } },
      `rule.not has an unknown word "witin"; allowed here: atLeast, atMost, exactly, within, before, after, between, during, zone, where, sum, distinct; did you mean 'within'?`,
    ],
    ['no operator', { attribute: 'country' }, `rule compares nothing; add one of ${OPERATORS}.`],
    [
      'two operators',
      { attribute: 'age', gt: 1, lt: 9 },
      "rule has 2 operators (gt, lt); one rule has one, so put several rules under 'all'.",
    ],
    ['an empty list', { any: [] }, 'rule.any is empty; it must list at least one rule.'],
    ['a rule that is none', 'France', `rule must be a rule; a rule has one of ${KINDS}.`],
    ['nothing', undefined, `rule must be a rule; a rule has one of ${KINDS}.`],
    ['an empty rule', {}, `rule is empty; a rule has one of ${KINDS}.`],
    [
      'a misspelt kind',
      { any: [{ atribute: 'country', is: 'x' }] },
      `rule.any[0] has "atribute", "is", which makes no rule; a rule has one of ${KINDS}; did you mean 'attribute'?`,
    ],
    [
      'two kinds at once',
      { attribute: 'country', did: 'order' },
      "rule has both 'attribute' and 'did'; put two rules under 'all' or 'any'.",
    ],
    ['a wrong type', { attribute: 'a', gt: true }, 'rule.gt must be a number or a text.'],
    ['null', { attribute: 'a', is: null }, 'rule.is must be a text, a number, true or false.'],
    [
      'a wrong duration, deep inside',
      { all: [{ any: [{ did: 'order', within: '90 days' }] }] },
      'rule.all[0].any[0].within must be a duration such as 90m, 12h, 30d or 2w.',
    ],
    [
      'a day that does not exist',
      { did: 'order', after: '2011-02-30' },
      "rule.after must be a day (2011-09-30), an instant (2011-09-30T12:00:00Z), '30d ago' or 'in 30d'.",
    ],
    [
      'a time without a zone',
      { did: 'order', before: '2011-02-03T12:00:00' },
      "rule.before must be a day (2011-09-30), an instant (2011-09-30T12:00:00Z), '30d ago' or 'in 30d'.",
    ],
    ['half a count', { did: 'order', atLeast: 1.5 }, 'rule.atLeast must be a whole number.'],
    [
      'counts that contradict',
      { did: 'order', atLeast: 3, atMost: 2 },
      'rule wants at least 3 and at most 2; nothing is both.',
    ],
    [
      'exactly and at least',
      { did: 'order', exactly: 3, atMost: 2 },
      "rule has 'exactly' beside 'atLeast' or 'atMost'; keep one of them.",
    ],
    [
      'a sum without bound',
      { did: 'order', sum: { property: 'price' } },
      'rule.sum has no bound; add one of gt, gte, lt, lte.',
    ],
    [
      'a word that a sum does not know',
      { did: 'order', sum: { property: 'price', atLeast: 100 } },
      `rule.sum has an unknown word "atLeast"; allowed here: times, gt, gte, lt, lte.`,
    ],
    [
      'an attribute where a property belongs',
      { did: 'order', where: { attribute: 'category', is: 'shoes' } },
      'rule.where has "attribute", "is", which makes no rule; a rule has one of all, any, not, property.',
    ],
    ['everyone, denied', { everyone: false }, 'rule.everyone must be true.'],
    ['a nameless segment', { segment: '' }, 'rule.segment is empty; it must be a name.'],
    ['NUL', { attribute: 'a', is: 'a\0b' }, 'rule.is contains a character that cannot be stored.'],
    [
      'half a surrogate pair',
      { attribute: '\ud800', is: 'x' },
      'rule.attribute contains a character that cannot be stored.',
    ],
    ['not a number', { attribute: 'a', gt: Number.NaN }, 'rule.gt must be a number or a text.'],
    [
      '__proto__ as a word',
      JSON.parse('{"attribute":"a","is":"x","__proto__":{"everyone":true}}'),
      `rule has an unknown word "__proto__"; allowed here: ${COMPARING}.`,
    ],
    [
      'a misspelt trait',
      { trait: 'ordertotals', gt: 1 },
      `rule.trait is no trait; allowed here: ${TRAITS}; did you mean 'orderTotal'?`,
    ],
    [
      'an operator that a trait has not',
      { trait: 'lastOrder', gt: 5 },
      'rule asks gt of lastOrder, which has within, before, after, between, during, exists.',
    ],
    [
      'a misspelt stage',
      { trait: 'stage', in: ['loyal', 'protect'] },
      `rule has the stage "protect"; stages are prospect, customer, loyal, former; did you mean 'prospect'?`,
    ],
    [
      'a text for a number',
      { trait: 'orders', is: '2' },
      'rule compares orders with "2", which is no number.',
    ],
    [
      'a wrong period',
      { did: 'order', during: 'last fortnight' },
      "rule.during must be a period such as 'this month', 'last week', 'last 3 months', 'yesterday', '2011', '2011-Q3', '2011-09' or '2011-09-30'.",
    ],
    [
      'a wrong zone',
      { did: 'order', during: 'today', zone: 'Europe/Berlim' },
      "rule.zone must be a time zone such as 'Europe/Berlin'.",
    ],
    [
      'the word of another language',
      { did: 'order', last: '90d' },
      `rule has an unknown word "last" beside 'did'; did you mean 'within'?`,
    ],
    [
      'a sequence of one step',
      { sequence: [{ did: 'view' }] },
      'rule.sequence has fewer than two steps; the first is { "did": … }.',
    ],
    [
      'a sequence that begins with what was not done',
      { sequence: [{ didNot: 'view' }, { did: 'order' }] },
      "rule.sequence[0] says 'didNot', which only the last step may.",
    ],
    [
      'a calendar window in a later step',
      { sequence: [{ did: 'view' }, { did: 'order', during: 'today' }] },
      "rule.sequence[1] may only have 'within' (counted from the step before it) and 'where'.",
    ],
    [
      'a misspelt word in a step',
      { sequence: [{ did: 'view' }, { didNot: 'order', withn: '7d' }] },
      `rule.sequence[1] has an unknown word "withn"; allowed here: did, didNot, within, before, after, between, during, zone, where; did you mean 'within'?`,
    ],
    [
      'a share that is none',
      { top: '0%', by: { trait: 'orders' } },
      "rule.top must be a share such as '10%', or how many such as 100.",
    ],
    ['a ranking by nothing', { top: '10%' }, 'rule.by is missing.'],
    [
      'a ranking by what is no number',
      { bottom: '10%', by: { trait: 'stage' } },
      `rule.by ranks by stage, which is no number; allowed here: ${TRAITS.replace('firstOrder, lastOrder, ', '').replace('stage, ', '')}.`,
    ],
    [
      'a misspelt fate',
      { letter: 'opend', campaign: 'spring' },
      `rule.letter is no fate of a letter; allowed here: sent, opened, clicked, replied; did you mean 'opened'?`,
    ],
    [
      'many flaws',
      { all: [{}, {}, {}, {}, {}] },
      `rule.all[0] is empty; a rule has one of ${KINDS}; rule.all[1] is empty; a rule has one of ${KINDS}; rule.all[2] is empty; a rule has one of ${KINDS}; and 2 more.`,
    ],
  ])('%s', (_name, value, message) => {
    expect(refusal(value)).toBe(message);
  });
});

describe('sizes', () => {
  const nested = (depth: number) => {
    let rule: unknown = { everyone: true };
    for (let level = 1; level < depth; level += 1) rule = { all: [rule] };
    return rule;
  };

  test('depth', () => {
    expect(parseRule(nested(20), 'rule')).toBeDefined();
    expect(refusal(nested(25))).toBe('rule is nested more than 20 rules deep.');
    expect(refusal(nested(100_000))).toBe('rule is nested more than 20 rules deep.');
    let lists: unknown = [];
    for (let level = 0; level < 100_000; level += 1) lists = [lists];
    expect(refusal({ all: lists })).toBe('rule is nested more than 20 rules deep.');
    const round: { all: unknown[] } = { all: [] };
    round.all.push(round);
    expect(refusal(round)).toBe('rule is nested more than 20 rules deep.');
  });

  test('breadth', () => {
    expect(refusal({ all: Array.from({ length: 501 }, () => ({ everyone: true })) })).toBe(
      'rule consists of more than 500 rules.',
    );
    expect(refusal({ attribute: 'a', in: Array.from({ length: 1_000_000 }, () => 1) })).toBe(
      'rule holds more than 5000 values.',
    );
    expect(refusal({ attribute: 'a'.repeat(201), is: 1 })).toBe(
      'rule.attribute is longer than 200 characters.',
    );
  });
});

describe('the language', () => {
  test('takes every rule as it is written', () => {
    fc.assert(
      fc.property(writtenRule, (written) => {
        expect(parseRule(written, 'rule')).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });

  test('answers any value with a rule or a readable refusal', () => {
    const word = fc.constantFrom(
      'all',
      'any',
      'not',
      'did',
      'attribute',
      'is',
      'where',
      'sum',
      'property',
      '__proto__',
      'x',
    );
    const { anything } = fc.letrec((tie) => ({
      anything: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('anything'), { maxLength: 3 }),
        fc.dictionary(word, tie('anything'), { maxKeys: 3 }),
      ),
    }));
    fc.assert(
      fc.property(anything, (value) => {
        try {
          parseRule(value, 'rule');
        } catch (error) {
          expect(error).toBeInstanceOf(DearError);
          expect(messageOf(error)).toMatch(/^rule/);
          expect(messageOf(error).length).toBeLessThan(2000);
          expect(messageOf(error)).not.toMatch(/choice of|Invalid|expected|undefined/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
