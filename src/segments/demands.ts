import { type Span, spanOf, type Times } from './moment.ts';
import type { Counts, DidNotRule, DidRule, Operators, Where } from './rule.ts';

/** What a comparison asks of one value; the same meaning as the operator that was written. */
export type Test =
  | { kind: 'oneOf'; values: readonly (string | number | boolean)[]; wanted: boolean }
  | { kind: 'order'; operator: Bound['operator']; value: number | string }
  | { kind: 'text'; operator: 'contains' | 'startsWith' | 'endsWith'; value: string }
  | { kind: 'exists'; wanted: boolean }
  /** Dates compare as texts; `from` belongs to the stretch, `until` does not. */
  | { kind: 'date'; from: string | undefined; until: string | undefined };

export interface Bound {
  readonly operator: 'gt' | 'gte' | 'lt' | 'lte';
  readonly value: number;
}

/** What must hold for a figure over the matching events. A sum and its bounds are in {@link SUM_UNITS}. */
export interface Demand {
  readonly measure:
    | { kind: 'count' }
    | { kind: 'sum'; property: string; times: string | undefined }
    | { kind: 'distinct'; property: string };
  readonly bounds: readonly Bound[];
}

/** What an event rule asks, with its time in ms since 1970 UTC. */
export interface EventDemands {
  readonly type: string;
  /** `undefined` means since ever. */
  readonly from: number | undefined;
  /** The first millisecond that does not count. */
  readonly until: number;
  readonly where: Where | undefined;
  readonly demands: readonly Demand[];
  /** Whether one matching event is all that is asked. */
  readonly once: boolean;
  /** Whether profiles without any matching event fit. */
  readonly fitsNone: boolean;
}

/** A date is a text of this shape, to be read as UTC; a Z at the end says nothing more. */
export const DATE_SHAPE = /^[0-9]{4}-[0-9]{2}-[0-9]{2}(T|$)/;

/** Sums are kept in ten-thousandths, rounded per event, so that they are exact and the same in any order. */
export const SUM_UNITS = 10_000;
/** Numbers beyond these are no amounts: they are left out of sums. */
export const SMALLEST_SUMMED = 1e-9;
export const LARGEST_SUMMED = 1e12;

/** A sum's bound in {@link SUM_UNITS}. */
const units = (amount: number) => Math.floor(amount * SUM_UNITS + 0.5);

/** The operator of a comparison as a test. @param now ms since 1970 UTC. */
export function testOf(operators: Operators, now: number): Test {
  const { is, isNot, contains, startsWith, endsWith, exists } = operators;
  if (is !== undefined) return { kind: 'oneOf', values: [is], wanted: true };
  if (isNot !== undefined) return { kind: 'oneOf', values: [isNot], wanted: false };
  if (operators.in !== undefined) return { kind: 'oneOf', values: operators.in, wanted: true };
  if (operators.notIn !== undefined) return { kind: 'oneOf', values: operators.notIn, wanted: false };
  for (const operator of ORDERS) {
    const value = operators[operator];
    if (value !== undefined) return { kind: 'order', operator, value };
  }
  if (contains !== undefined) return { kind: 'text', operator: 'contains', value: contains };
  if (startsWith !== undefined) return { kind: 'text', operator: 'startsWith', value: startsWith };
  if (endsWith !== undefined) return { kind: 'text', operator: 'endsWith', value: endsWith };
  if (exists !== undefined) return { kind: 'exists', wanted: exists };
  const span = spanOf(operators, now);
  return { kind: 'date', from: dateText(span.from), until: dateText(span.until) };
}

const ORDERS = ['gt', 'gte', 'lt', 'lte'] as const;

/**
 * The shortest text that no text of the same moment sorts before, so that comparing texts compares times:
 * a day's first instant is its date, and `2011-10-01` is not before it.
 */
function dateText(at: number): string | undefined {
  if (!Number.isFinite(at)) return undefined;
  return new Date(at).toISOString().replace(/(T00:00)?(:00)?\.000Z$|Z$/, '');
}

/** What `rule` asks of a profile's events. Events later than `now` have not happened yet. */
export function eventDemandsOf(rule: DidRule | DidNotRule, now: number): EventDemands {
  const span: Span = spanOf(rule satisfies Times, now);
  const demands = 'did' in rule ? demandsOf(rule) : [AT_LEAST_ONE];
  return {
    type: 'did' in rule ? rule.did : rule.didNot,
    from: Number.isFinite(span.from) ? span.from : undefined,
    until: Math.min(span.until, now + 1),
    where: rule.where,
    demands,
    once: demands.length === 1 && demands[0] === AT_LEAST_ONE,
    fitsNone: demands.every(({ bounds }) => withinBounds(0, bounds)),
  };
}

const AT_LEAST_ONE: Demand = { measure: { kind: 'count' }, bounds: [{ operator: 'gte', value: 1 }] };

function demandsOf({ sum, distinct, ...rule }: DidRule): Demand[] {
  const counts = countBounds(rule);
  const demands: Demand[] = [
    counts.length === 0 ? AT_LEAST_ONE : { measure: { kind: 'count' }, bounds: counts },
  ];
  if (rule.atLeast === 1 && counts.length === 1) demands[0] = AT_LEAST_ONE;
  if (sum !== undefined) {
    const bounds = ORDERS.flatMap((operator) => {
      const value = sum[operator];
      return value === undefined ? [] : [{ operator, value: units(value) }];
    });
    demands.push({ measure: { kind: 'sum', property: sum.property, times: sum.times }, bounds });
  }
  if (distinct !== undefined) {
    demands.push({
      measure: { kind: 'distinct', property: distinct.property },
      bounds: countBounds(distinct),
    });
  }
  return demands;
}

function countBounds({ atLeast, atMost, exactly }: Counts): Bound[] {
  const least = exactly ?? atLeast;
  const most = exactly ?? atMost;
  return [
    ...(least === undefined ? [] : [{ operator: 'gte' as const, value: least }]),
    ...(most === undefined ? [] : [{ operator: 'lte' as const, value: most }]),
  ];
}

/** Whether a figure keeps all bounds. */
export function withinBounds(figure: number, bounds: readonly Bound[]): boolean {
  return bounds.every(({ operator, value }) => holds(operator, Math.sign(figure - value)));
}

/** Whether an operator holds, given how the left side compares: -1 less, 0 equal, 1 greater. */
export function holds(operator: Bound['operator'], comparison: number): boolean {
  if (operator === 'gt') return comparison > 0;
  if (operator === 'gte') return comparison >= 0;
  if (operator === 'lt') return comparison < 0;
  return comparison <= 0;
}
