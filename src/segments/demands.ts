import { unitsOf } from '../profiles/amounts.ts';
import { type Bound, ORDERS, withinBounds } from './comparisons.ts';
import { type AsOf, spanOf, type Times } from './moment.ts';
import type { DidNotRule, DidRule } from './rule.ts';
import type { Counts, Where } from './rule-parts.ts';

/** Which events of a profile are meant, with their time in ms since 1970 UTC. */
export interface Matching {
  readonly type: string;
  /** `undefined` means since ever. */
  readonly from: number | undefined;
  /** The first millisecond that does not count. */
  readonly until: number;
  readonly where: Where | undefined;
}

/** A figure over matching events. A sum is in AMOUNT_UNITS of src/profiles. */
export type Measure =
  | { kind: 'count' }
  | { kind: 'sum'; property: string; times: string | undefined }
  | { kind: 'distinct'; property: string };

/** What must hold for a figure over the matching events. */
export interface Demand {
  readonly measure: Measure;
  readonly bounds: readonly Bound[];
}

/** What an event rule asks. */
export interface EventDemands extends Matching {
  readonly demands: readonly Demand[];
  /** Whether one matching event is all that is asked. */
  readonly once: boolean;
  /** Whether profiles without any matching event fit. */
  readonly fitsNone: boolean;
}

/** The events of a type within the times. Events later than now have not happened yet. */
export function matchingOf(type: string, times: Times, where: Where | undefined, asOf: AsOf): Matching {
  const span = spanOf(times, asOf);
  return {
    type,
    from: Number.isFinite(span.from) ? span.from : undefined,
    until: Math.min(span.until, asOf.now + 1),
    where,
  };
}

/** What `rule` asks of a profile's events. */
export function eventDemandsOf(rule: DidRule | DidNotRule, asOf: AsOf): EventDemands {
  const demands = 'did' in rule ? demandsOf(rule) : [AT_LEAST_ONE];
  return {
    ...matchingOf('did' in rule ? rule.did : rule.didNot, rule, rule.where, asOf),
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
      return value === undefined ? [] : [{ operator, value: unitsOf(value) }];
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
