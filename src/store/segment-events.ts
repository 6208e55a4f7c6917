import { type SQL, sql } from 'drizzle-orm';
import type { Bound } from '../segments/comparisons.ts';
import type { Demand, EventDemands, Matching, Measure } from '../segments/demands.ts';
import type { Phrases } from './database.ts';
import { asSet, type Compiling, eventMatches } from './segment-compile.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { amount, units } from './trait-sql.ts';

/** The condition of a rule `did`. */
export function eventCondition(events: EventDemands, compiling: Compiling, conjunct: boolean): SQL {
  const joins = conjunct && !events.once && !events.fitsNone;
  const narrow = events.from !== undefined && !compiling.isWide(events);
  if (!events.once) {
    const hold = demandsHold(events.demands, compiling.phrases);
    const set = asSet(compiling, joins) && (narrow || readsAll(events));
    return grouped(events, hold, events.fitsNone, compiling, set);
  }
  const matching = eventMatches(events, compiling);
  const inWindow = narrow || (events.from !== undefined && events.where !== undefined);
  // As EXISTS PostgreSQL finds the join by itself.
  return asSet(compiling, false) && inWindow
    ? sql`p.id IN (SELECT e.profile_id FROM events e WHERE ${matching})`
    : sql`EXISTS (SELECT 1 FROM events e WHERE e.profile_id = p.id AND ${matching})`;
}

/** Whether the properties of every event of the type are asked for. */
function readsAll({ where, demands }: EventDemands): boolean {
  return where !== undefined || demands.some(({ measure }) => measure.kind !== 'count');
}

/**
 * The condition that `hold` is true of a profile's matching events taken together. Profiles without a matching
 * event are in no group: where they fit, those are named who do not.
 */
export function grouped(
  events: Matching,
  hold: SQL,
  fitsNone: boolean,
  compiling: Compiling,
  set: boolean,
): SQL {
  const matching = eventMatches(events, compiling);
  if (!set) return sql`(SELECT ${hold} FROM events e WHERE e.profile_id = p.id AND ${matching})`;
  const groups = (having: SQL) =>
    sql`(SELECT e.profile_id FROM events e WHERE ${matching} GROUP BY e.profile_id HAVING ${having})`;
  return fitsNone ? sql`p.id NOT IN ${groups(sql`NOT ${hold}`)}` : sql`p.id IN ${groups(hold)}`;
}

function demandsHold(demands: readonly Demand[], phrases: Phrases): SQL {
  const parts = demands.flatMap(({ measure, bounds }) =>
    bounds.map((bound) => bounded(figure(measure, phrases), bound)),
  );
  return sql`(${sql.join(parts, sql` AND `)})`;
}

const SIGNS = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

export const bounded = (value: SQL, bound: Bound) =>
  sql`${value} ${SIGNS[bound.operator]} CAST(${bound.value} AS double precision)`;

/** The figure over the rows `e` of a group. */
export function figure(measure: Measure, phrases: Phrases): SQL {
  if (measure.kind === 'count') return sql`count(*)`;
  const own = segmentPhrases(phrases);
  if (measure.kind === 'distinct')
    return sql`count(DISTINCT ${own.scalar(sql`e.properties`, measure.property)})`;
  const number = (key: string) => amount(own.number(sql`e.properties`, key));
  const term =
    measure.times === undefined
      ? number(measure.property)
      : sql`${number(measure.property)} * ${number(measure.times)}`;
  return sql`coalesce(sum(${units(term)}), 0)`;
}
