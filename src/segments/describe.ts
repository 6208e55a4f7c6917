import type { Times } from './moment.ts';
import type {
  BottomRule,
  DidNotRule,
  DidRule,
  FirstRule,
  LastRule,
  LetterRule,
  PlainRule,
  Rule,
  SegmentRule,
  SequenceRule,
  TopRule,
} from './rule.ts';
import type { Counts, Operators, Where } from './rule-parts.ts';
import { branchOf, type Tree } from './tree.ts';

/** A rule in plain words, on one line: `did "order" at least 2 times in the last 90 days`. */
export function describeRule(rule: Rule): string {
  return treeInWords(rule, leafInWords);
}

function leafInWords(leaf: PlainRule | SegmentRule): string {
  if ('everyone' in leaf) return 'everyone';
  if ('segment' in leaf) return `is in the segment ${quoted(leaf.segment)}`;
  if ('attribute' in leaf) return comparisonInWords(leaf.attribute, leaf);
  if ('trait' in leaf) return comparisonInWords(traitInWords[leaf.trait] ?? leaf.trait, leaf);
  if ('first' in leaf || 'last' in leaf) return occurrenceInWords(leaf);
  if ('sequence' in leaf) return sequenceInWords(leaf);
  if ('top' in leaf || 'bottom' in leaf) return rankInWords(leaf);
  if ('letter' in leaf) return letterInWords(leaf);
  return eventInWords(leaf);
}

const traitInWords: Readonly<Record<string, string>> = {
  firstOrder: 'first order',
  lastOrder: 'last order',
  orders: 'number of orders',
  orderTotal: 'total of all orders',
  averageOrder: 'average order',
  daysSinceLastOrder: 'days since the last order',
  stage: 'stage of life',
  opens30: 'opens in 30 days',
  opens90: 'opens in 90 days',
  clicks30: 'clicks in 30 days',
  clicks90: 'clicks in 90 days',
  replies30: 'replies in 30 days',
  replies90: 'replies in 90 days',
};

function occurrenceInWords(rule: FirstRule | LastRule): string {
  const type = 'first' in rule ? `first ${quoted(rule.first)}` : `last ${quoted(rule.last)}`;
  const says = [timesInWords(rule), whereInWords(rule.where)].filter(Boolean);
  const among = rule.among === undefined ? '' : `among those where ${propertiesInWords(rule.among)}`;
  return says.length === 0 ? joined('has a', type, among) : joined(type, among, 'was', says.join(' and '));
}

function sequenceInWords({ sequence }: SequenceRule): string {
  return sequence
    .map(({ did, didNot, within, where, ...times }, index) => {
      const what = did === undefined ? `did not ${quoted(didNot ?? '')}` : `did ${quoted(did)}`;
      if (index === 0) return joined(what, timesInWords({ within, ...times }), whereInWords(where));
      const gap = within === undefined ? 'later' : `within ${lengthInWords(within, true)}`;
      return joined('and then', gap, what, whereInWords(where));
    })
    .join(' ');
}

function rankInWords(rule: TopRule | BottomRule): string {
  const [end, share] = 'top' in rule ? ['top', rule.top] : ['bottom', rule.bottom];
  const { trait, did, sum, distinct, where, ...times } = rule.by;
  if (trait !== undefined) return `is in the ${end} ${share} by ${traitInWords[trait] ?? trait}`;
  const figure =
    sum !== undefined
      ? `total ${productInWords(sum)} of`
      : distinct !== undefined
        ? `number of different ${distinct.property} of`
        : 'number of';
  return joined(
    `is in the ${end} ${share} by ${figure}`,
    quoted(did ?? ''),
    timesInWords(times),
    whereInWords(where),
  );
}

function letterInWords({ letter, campaign, variant, ...times }: LetterRule): string {
  const what = { sent: 'was sent', opened: 'opened', clicked: 'clicked in', replied: 'replied to' }[letter];
  return joined(
    what,
    variant === undefined ? '' : `variant ${quoted(variant)} of`,
    campaign === undefined ? 'a letter of any campaign' : `a letter of the campaign ${quoted(campaign)}`,
    timesInWords(times),
  );
}

const whereInWords = (where: Where | undefined) =>
  where === undefined ? '' : `where ${propertiesInWords(where)}`;

const propertiesInWords = (where: Where) =>
  treeInWords(where, (leaf) => comparisonInWords(leaf.property, leaf));

function treeInWords<Leaf extends object>(tree: Tree<Leaf>, leafInWords: (leaf: Leaf) => string): string {
  const branch = branchOf(tree);
  if (branch.kind === 'leaf') return leafInWords(branch.leaf);
  if (branch.kind === 'not') return `not (${treeInWords(branch.of, leafInWords)})`;
  const parts = branch.of.map((part) => {
    const words = treeInWords(part, leafInWords);
    const inner = branchOf(part);
    const joined = (inner.kind === 'all' || inner.kind === 'any') && inner.of.length > 1;
    return joined && branch.of.length > 1 ? `(${words})` : words;
  });
  return parts.join(branch.kind === 'all' ? ' and ' : ' or ');
}

function comparisonInWords(name: string, operators: Operators): string {
  return `${/^[\p{L}\p{N}_ .-]+$/u.test(name) ? name : quoted(name)} ${operatorInWords(operators)}`;
}

function operatorInWords(operators: Operators): string {
  if (operators.exists !== undefined) return operators.exists ? 'is known' : 'is not known';
  if (operators.in !== undefined) return `is one of ${listInWords(operators.in)}`;
  if (operators.notIn !== undefined) return `is none of ${listInWords(operators.notIn)}`;
  for (const [operator, words] of SIMPLE) {
    const value = operators[operator];
    if (value !== undefined) return `${words} ${quoted(value)}`;
  }
  return `is ${timesInWords(operators)}`;
}

const SIMPLE = [
  ['is', 'is'],
  ['isNot', 'is not'],
  ['gt', 'is more than'],
  ['gte', 'is at least'],
  ['lt', 'is less than'],
  ['lte', 'is at most'],
  ['contains', 'contains'],
  ['startsWith', 'starts with'],
  ['endsWith', 'ends with'],
] as const;

function eventInWords(rule: DidRule | DidNotRule): string {
  const where = whereInWords(rule.where);
  if ('didNot' in rule) return joined(`did not ${quoted(rule.didNot)}`, timesInWords(rule), where);
  const often = countInWords(rule, 'time');
  return joined(
    `did ${quoted(rule.did)}`,
    often,
    timesInWords(rule),
    where,
    sumInWords(rule),
    distinctInWords(rule),
  );
}

function sumInWords({ sum }: DidRule): string {
  if (sum === undefined) return '';
  const what = productInWords(sum);
  const bounds = SUM_WORDS.flatMap(([operator, words]) => {
    const value = sum[operator];
    return value === undefined ? [] : [`${words} ${value}`];
  });
  return `with a total ${what} of ${bounds.join(' and ')}`;
}

const productInWords = ({ property, times }: { property: string; times?: string | undefined }) =>
  times === undefined ? property : `${property} × ${times}`;

const SUM_WORDS = [
  ['gt', 'more than'],
  ['gte', 'at least'],
  ['lt', 'less than'],
  ['lte', 'at most'],
] as const;

function distinctInWords({ distinct }: DidRule): string {
  return distinct === undefined ? '' : `with ${countInWords(distinct, `different ${distinct.property}`)}`;
}

function countInWords({ atLeast, atMost, exactly }: Counts, unit: string): string {
  const plural = (count: number) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (exactly !== undefined) return `exactly ${plural(exactly)}`;
  if (atLeast !== undefined && atMost !== undefined) return `${atLeast} to ${plural(atMost)}`;
  if (atLeast !== undefined) return `at least ${plural(atLeast)}`;
  return atMost === undefined ? '' : `at most ${plural(atMost)}`;
}

function timesInWords({ within, before, after, between, during, zone }: Times): string {
  return joined(
    within === undefined ? '' : `in the last ${lengthInWords(within)}`,
    before === undefined ? '' : `before ${before}`,
    after === undefined ? '' : `after ${after}`,
    between === undefined ? '' : `between ${between[0]} and ${between[1]}`,
    during === undefined ? '' : duringInWords(during),
    zone === undefined ? '' : `(${zone})`,
  );
}

const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };

function lengthInWords(duration: string, counted = false): string {
  const count = Number.parseInt(duration, 10);
  const unit = UNITS[duration.slice(-1)] ?? duration.slice(-1);
  if (count === 1) return counted ? `1 ${unit}` : unit;
  return `${count} ${unit}s`;
}

/** Whole units of the calendar, as against `in the last 3 months`, which would be heard as until today. */
function duringInWords(period: string): string {
  if (/^\d/.test(period)) return `in ${period}`;
  if (/\d/.test(period)) return `in the ${period.replace(' ', ' whole ').replace(/whole (\d+)/, '$1 whole')}`;
  return period;
}

function listInWords(values: readonly (string | number | boolean)[]): string {
  const shown = values.slice(0, 5).map(quoted).join(', ');
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown;
}

/** JSON's quotes also keep line breaks and control characters of a value out of the sentence. */
const quoted = (value: string | number | boolean) => JSON.stringify(value);
const joined = (...parts: string[]) => parts.filter(Boolean).join(' ');
