import { type SQL, sql } from 'drizzle-orm';
import {
  type Bound,
  type Demand,
  type EventDemands,
  eventDemandsOf,
  LARGEST_SUMMED,
  SMALLEST_SUMMED,
  SUM_UNITS,
  testOf,
} from '../segments/demands.ts';
import type { PlainRule, ResolvedRule, Where } from '../segments/rule.ts';
import { branchOf, type Tree } from '../segments/tree.ts';
import type { Phrases } from './database.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { jsonValue, textValue, type Value, valuePasses } from './segment-values.ts';

/** What a condition is compiled for. */
export interface Compiling {
  readonly phrases: Phrases;
  /** ms since 1970 UTC. */
  readonly now: number;
  /** Whether the query scans every profile (`audience`) or names some hundreds of them (`batch`). */
  readonly over: 'audience' | 'batch';
}

/**
 * Compiles a rule to a condition on `profiles p`, never NULL, which means on both databases what `evaluate` of
 * src/segments says. Every name and value of the rule is bound, none becomes part of the SQL's text.
 */
export function segmentCondition(rule: ResolvedRule, compiling: Compiling): SQL {
  return joined(rule, (leaf, conjunct) => leafCondition(leaf, compiling, conjunct), true);
}

/**
 * Joins the leaves of a tree. `conjunct` tells a leaf that the whole holds only where the leaf does.
 * Halves are joined in parentheses, so that a list of hundreds stays a shallow expression (SQLite allows 1000).
 */
function joined<Leaf extends object>(
  tree: Tree<Leaf>,
  compile: (leaf: Leaf, conjunct: boolean) => SQL,
  conjunct: boolean,
): SQL {
  const branch = branchOf(tree);
  if (branch.kind === 'leaf') return compile(branch.leaf, conjunct);
  if (branch.kind === 'not') return sql`(NOT ${joined(branch.of, compile, false)})`;
  const stays = conjunct && (branch.kind === 'all' || branch.of.length === 1);
  const parts = branch.of.map((part) => joined(part, compile, stays));
  return halved(parts, branch.kind === 'all' ? sql` AND ` : sql` OR `);
}

function halved(parts: readonly SQL[], word: SQL): SQL {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const middle = Math.ceil(parts.length / 2);
  return sql`(${halved(parts.slice(0, middle), word)}${word}${halved(parts.slice(middle), word)})`;
}

function leafCondition(leaf: PlainRule, compiling: Compiling, conjunct: boolean): SQL {
  if ('everyone' in leaf) return sql`(1 = 1)`;
  if ('attribute' in leaf) {
    const value: Value =
      leaf.attribute === 'email'
        ? textValue(sql`p.email`)
        : jsonValue(sql`p.attributes`, leaf.attribute, compiling.phrases);
    return valuePasses(value, testOf(leaf, compiling.now), compiling.phrases);
  }
  const demands = eventDemandsOf(leaf, compiling.now);
  const condition = eventCondition(demands, compiling, conjunct && 'did' in leaf);
  return 'did' in leaf ? condition : sql`(NOT ${condition})`;
}

/**
 * Two ways to ask, the same answer. As a set: one range of the index (type, at, profile_id), grouped; best when
 * everybody is scanned and the window bounds the range, or every event of the range must be read anyway.
 * One by one: a probe of the index (profile_id, type, at) for each profile; best otherwise, and for a batch.
 * PostgreSQL makes a join of the set only where it is a conjunct; elsewhere it could scan the set for each row.
 */
function eventCondition(events: EventDemands, compiling: Compiling, conjunct: boolean): SQL {
  const { phrases, over } = compiling;
  const matching = matchingEvents(events, compiling);
  const asSet = over === 'audience' && (events.from !== undefined || readsAll(events));
  const joins = conjunct && !events.once && !events.fitsNone;
  if (asSet && (phrases.name === 'sqlite' || joins)) return setCondition(events, matching, phrases);
  if (events.once) return sql`EXISTS (SELECT 1 FROM events e WHERE e.profile_id = p.id AND ${matching})`;
  return sql`(SELECT ${demandsHold(events.demands, phrases)} FROM events e WHERE e.profile_id = p.id AND ${matching})`;
}

/** Whether the properties of every event of the type are asked for. */
function readsAll({ once, where, demands }: EventDemands): boolean {
  return !once && (where !== undefined || demands.some(({ measure }) => measure.kind !== 'count'));
}

/** Profiles without a matching event are in no group: where they fit, those are named who do not. */
function setCondition(events: EventDemands, matching: SQL, phrases: Phrases): SQL {
  if (events.once) return sql`p.id IN (SELECT e.profile_id FROM events e WHERE ${matching})`;
  const hold = demandsHold(events.demands, phrases);
  const groups = (having: SQL) =>
    sql`(SELECT e.profile_id FROM events e WHERE ${matching} GROUP BY e.profile_id HAVING ${having})`;
  return events.fitsNone ? sql`p.id NOT IN ${groups(sql`NOT ${hold}`)}` : sql`p.id IN ${groups(hold)}`;
}

function matchingEvents({ type, from, until, where }: EventDemands, { phrases, now }: Compiling): SQL {
  const parts = [sql`e.type = ${type}`, sql`e.at < ${until}`];
  if (from !== undefined) parts.push(sql`e.at >= ${from}`);
  if (where !== undefined) parts.push(propertiesFit(where, phrases, now));
  return sql.join(parts, sql` AND `);
}

function propertiesFit(where: Where, phrases: Phrases, now: number): SQL {
  return joined(
    where,
    (leaf) => valuePasses(jsonValue(sql`e.properties`, leaf.property, phrases), testOf(leaf, now), phrases),
    false,
  );
}

function demandsHold(demands: readonly Demand[], phrases: Phrases): SQL {
  const parts = demands.flatMap(({ measure, bounds }) =>
    bounds.map((bound) => bounded(figure(measure, phrases), bound)),
  );
  return sql`(${sql.join(parts, sql` AND `)})`;
}

const SIGNS = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

const bounded = (value: SQL, bound: Bound) =>
  sql`${value} ${SIGNS[bound.operator]} CAST(${bound.value} AS double precision)`;

function figure(measure: Demand['measure'], phrases: Phrases): SQL {
  if (measure.kind === 'count') return sql`count(*)`;
  if (measure.kind === 'distinct') {
    return sql`count(DISTINCT ${segmentPhrases(phrases).scalar(sql`e.properties`, measure.property)})`;
  }
  const amount = summed(measure.property, phrases);
  const term = measure.times === undefined ? amount : sql`${amount} * ${summed(measure.times, phrases)}`;
  return sql`coalesce(sum(floor(${term} * ${sql.raw(String(SUM_UNITS))} + 0.5)), 0)`;
}

/** The number of a property where it is an amount, else 0; PostgreSQL fails on what over- or underflows. */
function summed(property: string, phrases: Phrases): SQL {
  const number = segmentPhrases(phrases).number(sql`e.properties`, property);
  return sql`CASE WHEN abs(${number}) BETWEEN CAST(${SMALLEST_SUMMED} AS double precision) AND CAST(${LARGEST_SUMMED} AS double precision) THEN ${number} ELSE 0 END`;
}
