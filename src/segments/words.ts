import { ORDERS } from './comparisons.ts';
import { isDayText, utcText } from './dates.ts';
import { leavesOf } from './resolve.ts';
import type { PlainRule, ResolvedRule } from './rule.ts';
import type { Operators, PropertyComparison, Where } from './rule-parts.ts';
import { branchOf } from './tree.ts';

/** The words of a rule that only mean something if the data knows them, each once, in the order of the rule. */
export interface Words {
  readonly attributes: ReadonlySet<string>;
  /** Types of events, with the properties that are asked of them. */
  readonly events: ReadonlyMap<string, ReadonlySet<string>>;
  readonly letters: readonly {
    readonly campaign: string | undefined;
    readonly variant: string | undefined;
  }[];
  /** Dates that are compared as the texts that they are. */
  readonly dates: readonly DateAsText[];
}

/** Of `{ "attribute": "since", "gt": "2026-11-30" }`. */
export interface DateAsText {
  readonly name: string;
  readonly operator: string;
}

const EQUALITIES = ['is', 'isNot', 'in', 'notIn'] as const;

type Properties = readonly (string | undefined)[];

/** Collects the words of a rule. `email` is no attribute. */
export function wordsOf(rule: ResolvedRule): Words {
  const attributes = new Set<string>();
  const events = new Map<string, Set<string>>();
  const letters: Words['letters'][number][] = [];
  const dates: DateAsText[] = [];
  for (const leaf of leavesOf(rule)) {
    if ('attribute' in leaf && leaf.attribute !== 'email') attributes.add(leaf.attribute);
    if ('attribute' in leaf) dates.push(...datesAsTexts(leaf.attribute, leaf));
    for (const comparison of comparisonsIn(leaf))
      dates.push(...datesAsTexts(comparison.property, comparison));
    if ('letter' in leaf) letters.push({ campaign: leaf.campaign, variant: leaf.variant });
    for (const [type, properties] of eventsIn(leaf)) {
      const known = events.get(type) ?? new Set();
      events.set(type, known);
      for (const property of properties) if (property !== undefined) known.add(property);
    }
  }
  return { attributes, events, letters, dates };
}

function eventsIn(leaf: PlainRule): (readonly [string, Properties])[] {
  if ('did' in leaf) return [[leaf.did, figuresIn(leaf)]];
  if ('didNot' in leaf) return [[leaf.didNot, propertiesIn(leaf.where)]];
  if ('first' in leaf) return [[leaf.first, [...propertiesIn(leaf.among), ...propertiesIn(leaf.where)]]];
  if ('last' in leaf) return [[leaf.last, [...propertiesIn(leaf.among), ...propertiesIn(leaf.where)]]];
  if ('sequence' in leaf) {
    return leaf.sequence.map(({ did, didNot, where }) => [did ?? didNot ?? '', propertiesIn(where)]);
  }
  if ('by' in leaf && leaf.by.did !== undefined) return [[leaf.by.did, figuresIn(leaf.by)]];
  return [];
}

interface Figures {
  readonly where?: Where | undefined;
  readonly sum?: { readonly property: string; readonly times?: string | undefined } | undefined;
  readonly distinct?: { readonly property: string } | undefined;
}

function figuresIn({ where, sum, distinct }: Figures): Properties {
  return [...propertiesIn(where), sum?.property, sum?.times, distinct?.property];
}

const propertiesIn = (where: Where | undefined): Properties => flatten(where).map(({ property }) => property);

function flatten(where: Where | undefined): PropertyComparison[] {
  if (where === undefined) return [];
  const branch = branchOf(where);
  if (branch.kind === 'leaf') return [branch.leaf];
  return branch.kind === 'not' ? flatten(branch.of) : branch.of.flatMap(flatten);
}

function comparisonsIn(leaf: PlainRule): PropertyComparison[] {
  if ('sequence' in leaf) return leaf.sequence.flatMap(({ where }) => flatten(where));
  return [
    ...('where' in leaf ? flatten(leaf.where) : []),
    ...('among' in leaf ? flatten(leaf.among) : []),
    ...('by' in leaf && leaf.by.did !== undefined ? flatten(leaf.by.where) : []),
  ];
}

/**
 * A day that is equal to a text is that day. Texts of one moment may differ, though, by their zone, and an instant of a
 * day sorts behind the day.
 */
function datesAsTexts(name: string, comparison: Operators): DateAsText[] {
  const isInstant = (value: unknown) => typeof value === 'string' && utcText(value) !== undefined;
  const isDate = (value: unknown) => (typeof value === 'string' && isDayText(value)) || isInstant(value);
  const differ = EQUALITIES.filter((operator) => [comparison[operator]].flat().some(isInstant));
  const sort = ORDERS.filter((operator) => isDate(comparison[operator]));
  return [...differ, ...sort].map((operator) => ({ name, operator }));
}
