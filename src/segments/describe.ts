import type { Times } from './moment.ts';
import type {
  AttributeComparison,
  Counts,
  DidNotRule,
  DidRule,
  Operators,
  PropertyComparison,
  Rule,
  Where,
} from './rule.ts';
import { branchOf, type Tree } from './tree.ts';

/** A rule in plain words, on one line: `did "order" at least 2 times in the last 90 days`. */
export function describeRule(rule: Rule): string {
  return treeInWords(rule, (leaf) => {
    if ('everyone' in leaf) return 'everyone';
    if ('segment' in leaf) return `is in the segment ${quoted(leaf.segment)}`;
    if ('attribute' in leaf) return comparisonInWords(leaf);
    return eventInWords(leaf);
  });
}

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

function comparisonInWords(leaf: AttributeComparison | PropertyComparison): string {
  const name = 'attribute' in leaf ? leaf.attribute : leaf.property;
  return `${/^[\p{L}\p{N}_ .-]+$/u.test(name) ? name : quoted(name)} ${operatorInWords(leaf)}`;
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
  const where =
    rule.where === undefined ? '' : `where ${treeInWords(rule.where satisfies Where, comparisonInWords)}`;
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
  const what = sum.times === undefined ? sum.property : `${sum.property} × ${sum.times}`;
  const bounds = SUM_WORDS.flatMap(([operator, words]) => {
    const value = sum[operator];
    return value === undefined ? [] : [`${words} ${value}`];
  });
  return `with a total ${what} of ${bounds.join(' and ')}`;
}

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

function timesInWords({ within, before, after, between }: Times): string {
  return joined(
    within === undefined ? '' : `in the last ${lengthInWords(within)}`,
    before === undefined ? '' : `before ${before}`,
    after === undefined ? '' : `after ${after}`,
    between === undefined ? '' : `between ${between[0]} and ${between[1]}`,
  );
}

const UNITS: Readonly<Record<string, string>> = { m: 'minute', h: 'hour', d: 'day', w: 'week' };

function lengthInWords(duration: string): string {
  const count = Number.parseInt(duration, 10);
  const unit = UNITS[duration.slice(-1)] ?? duration.slice(-1);
  return count === 1 ? unit : `${count} ${unit}s`;
}

function listInWords(values: readonly (string | number | boolean)[]): string {
  const shown = values.slice(0, 5).map(quoted).join(', ');
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown;
}

/** JSON's quotes also keep line breaks and control characters of a value out of the sentence. */
const quoted = (value: string | number | boolean) => JSON.stringify(value);
const joined = (...parts: string[]) => parts.filter(Boolean).join(' ');
