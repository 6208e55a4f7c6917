import {
  DATE_SHAPE,
  type Demand,
  eventDemandsOf,
  holds,
  LARGEST_SUMMED,
  SMALLEST_SUMMED,
  SUM_UNITS,
  type Test,
  testOf,
  withinBounds,
} from './demands.ts';
import type { DidNotRule, DidRule, PlainRule, ResolvedRule, Where } from './rule.ts';
import { branchOf, type Tree } from './tree.ts';

type Values = Readonly<Record<string, unknown>>;

/** An event as a rule sees it; `at` in ms since 1970 UTC. */
export interface SubjectEvent {
  readonly type: string;
  readonly at: number;
  readonly properties: Values;
}

/** One customer with everything that happened to them. */
export interface Subject {
  readonly profile: { readonly id: number; readonly email: string | undefined; readonly attributes: Values };
  readonly events: readonly SubjectEvent[];
}

/**
 * Whether a customer fits a rule at `now` (ms since 1970 UTC). This is what the rule language means; the store's
 * SQL is held against it by a property test.
 */
export function evaluate(rule: ResolvedRule, subject: Subject, now: number): boolean {
  return holdsIn(rule, (leaf) => leafFits(leaf, subject, now));
}

function holdsIn<Leaf extends object>(tree: Tree<Leaf>, leafHolds: (leaf: Leaf) => boolean): boolean {
  const branch = branchOf(tree);
  if (branch.kind === 'all') return branch.of.every((part) => holdsIn(part, leafHolds));
  if (branch.kind === 'any') return branch.of.some((part) => holdsIn(part, leafHolds));
  if (branch.kind === 'not') return !holdsIn(branch.of, leafHolds);
  return leafHolds(branch.leaf);
}

function leafFits(leaf: PlainRule, { profile, events }: Subject, now: number): boolean {
  if ('everyone' in leaf) return true;
  if ('did' in leaf) return eventsFit(leaf, events, now);
  if ('didNot' in leaf) return !eventsFit(leaf, events, now);
  const value = leaf.attribute === 'email' ? profile.email : own(profile.attributes, leaf.attribute);
  return passes(value, testOf(leaf, now));
}

function eventsFit(rule: DidRule | DidNotRule, events: readonly SubjectEvent[], now: number): boolean {
  const { type, from = Number.NEGATIVE_INFINITY, until, where, demands } = eventDemandsOf(rule, now);
  const matching = events.filter(
    (event) =>
      event.type === type &&
      event.at >= from &&
      event.at < until &&
      (where === undefined || propertiesFit(where, event.properties, now)),
  );
  return demands.every(({ measure, bounds }) => withinBounds(figure(measure, matching), bounds));
}

function propertiesFit(where: Where, properties: Values, now: number): boolean {
  return holdsIn(where, (leaf) => passes(own(properties, leaf.property), testOf(leaf, now)));
}

function figure(measure: Demand['measure'], events: readonly SubjectEvent[]): number {
  if (measure.kind === 'count') return events.length;
  if (measure.kind === 'sum') {
    const { property, times } = measure;
    return events.reduce((sum, { properties }) => {
      const factor = times === undefined ? 1 : summed(own(properties, times));
      return sum + Math.floor(summed(own(properties, property)) * factor * SUM_UNITS + 0.5);
    }, 0);
  }
  const values = events.map(({ properties }) => own(properties, measure.property)).filter(isScalar);
  return new Set(values.map((value) => JSON.stringify(value))).size;
}

function summed(value: unknown): number {
  if (typeof value !== 'number') return 0;
  const size = Math.abs(value);
  return size >= SMALLEST_SUMMED && size <= LARGEST_SUMMED ? value : 0;
}

function passes(value: unknown, test: Test): boolean {
  if (test.kind === 'exists') return (value !== undefined && value !== null) === test.wanted;
  if (test.kind === 'oneOf') return test.values.some((wanted) => wanted === value) === test.wanted;
  if (test.kind === 'order') {
    if (typeof value === 'number' && typeof test.value === 'number') {
      return holds(test.operator, Math.sign(value - test.value));
    }
    return (
      typeof value === 'string' &&
      typeof test.value === 'string' &&
      holds(test.operator, compareTexts(value, test.value))
    );
  }
  if (test.kind === 'text') return textPasses(value, test);
  return typeof value === 'string' && DATE_SHAPE.test(value) && dateFits(value.replace(/Z+$/, ''), test);
}

function textPasses(value: unknown, { operator, value: wanted }: Extract<Test, { kind: 'text' }>): boolean {
  if (operator === 'contains' && Array.isArray(value)) return value.includes(wanted);
  if (typeof value !== 'string') return false;
  if (operator === 'contains') return value.includes(wanted);
  return operator === 'startsWith' ? value.startsWith(wanted) : value.endsWith(wanted);
}

function dateFits(text: string, { from, until }: Extract<Test, { kind: 'date' }>): boolean {
  return (
    (from === undefined || compareTexts(text, from) >= 0) &&
    (until === undefined || compareTexts(text, until) < 0)
  );
}

/** By code point, as both databases compare bytes of UTF-8; JavaScript's own `<` differs beyond U+FFFF. */
function compareTexts(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function own(values: Values, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
