import { type SQL, sql } from 'drizzle-orm';
import { testOf } from '../segments/comparisons.ts';
import type { Matching } from '../segments/demands.ts';
import type { AsOf } from '../segments/moment.ts';
import type { BottomRule, TopRule } from '../segments/rule.ts';
import type { Where } from '../segments/rule-parts.ts';
import type { RuleSettings } from '../segments/settings.ts';
import { branchOf, type Tree } from '../segments/tree.ts';
import type { Phrases } from './database.ts';
import { jsonValue, valuePasses } from './segment-values.ts';

/** What a condition is compiled for. */
export interface Compiling extends AsOf {
  readonly phrases: Phrases;
  readonly settings: RuleSettings;
  /** Whether the query scans every profile (`audience`) or names some hundreds of them (`batch`). */
  readonly over: 'audience' | 'batch';
  /** The profile id up to which the table `traits` is filled. */
  readonly builtTo: number;
  /** Whether all but a few profiles' figures are up to date. */
  readonly folded: boolean;
  /** Whether so many events lie in the stretch that asking profile by profile is cheaper than reading them. */
  isWide(events: Stretch): boolean;
  /** The value that a ranked profile must reach, by the rule that ranks; undefined when nobody is ranked. */
  readonly thresholds: ReadonlyMap<TopRule | BottomRule, number | undefined>;
}

/** Events of a type in a stretch of time. */
export type Stretch = Pick<Matching, 'type' | 'from' | 'until'>;

/** How a tree becomes something else, from its leaves on. */
export interface Joining<Leaf, Part> {
  /** `conjunct`: the whole holds only where the leaf does. */
  leaf(leaf: Leaf, conjunct: boolean): Part;
  not(part: Part): Part;
  /** `conjunct`: the whole holds only where each of the parts does. */
  branch(kind: 'all' | 'any', parts: readonly Part[], conjunct: boolean): Part;
}

/** Joins the leaves of a tree. */
export function joined<Leaf extends object, Part>(
  tree: Tree<Leaf>,
  how: Joining<Leaf, Part>,
  conjunct: boolean,
): Part {
  const branch = branchOf(tree);
  if (branch.kind === 'leaf') return how.leaf(branch.leaf, conjunct);
  if (branch.kind === 'not') return how.not(joined(branch.of, how, false));
  const stays = conjunct && (branch.kind === 'all' || branch.of.length === 1);
  return how.branch(
    branch.kind,
    branch.of.map((part) => joined(part, how, stays)),
    stays,
  );
}

export const not = (condition: SQL): SQL => sql`(NOT ${condition})`;

/** Conditions joined in halves, so that a list of hundreds stays a shallow expression (SQLite allows 1000). */
export function halved(kind: 'all' | 'any', parts: readonly SQL[]): SQL {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const middle = Math.ceil(parts.length / 2);
  const word = kind === 'all' ? sql` AND ` : sql` OR `;
  return sql`(${halved(kind, parts.slice(0, middle))}${word}${halved(kind, parts.slice(middle))})`;
}

/**
 * Whether to ask by a set (one range of the index (type, at, profile_id), read once) rather than profile by profile
 * (a probe of the index (profile_id, type, at) each). The set is for audiences; PostgreSQL makes a join of it only
 * where it is a conjunct, elsewhere it could scan the set for each row.
 */
export function asSet({ over, phrases }: Compiling, conjunct: boolean): boolean {
  return over === 'audience' && (phrases.name === 'sqlite' || conjunct);
}

/** The condition that an event, a row of `events` under the name `e`, is one of those meant. */
export function eventMatches(events: Matching, compiling: Compiling, e = sql`e`): SQL {
  const parts = [sql`${e}.type = ${events.type}`, ...isIn(momentOf(e, compiling), events.from, events.until)];
  if (events.where !== undefined) parts.push(propertiesFit(events.where, compiling, e));
  return sql.join(parts, sql` AND `);
}

/**
 * The moment of an event. Of a batch each profile's events are looked up; PostgreSQL, which may know nothing of the
 * latest days, could take all events of those days for the fewer ones, and read them for each profile: the plus hides the
 * moment from that index.
 */
export function momentOf(e: SQL, { over, phrases }: Compiling): SQL {
  return over === 'batch' && phrases.name === 'postgres' ? sql`+${e}.at` : sql`${e}.at`;
}

/** The conditions that a time lies in a stretch. */
export function isIn(at: SQL, from: number | undefined, until: number): SQL[] {
  const before = sql`${at} < ${until}`;
  return from === undefined ? [before] : [before, sql`${at} >= ${from}`];
}

/** The condition on the properties of a row of `events`. */
export function propertiesFit(where: Where, compiling: Compiling, e = sql`e`): SQL {
  const { phrases } = compiling;
  const value = (property: string) => jsonValue(sql`${e}.properties`, property, phrases);
  return joined(
    where,
    {
      leaf: (leaf) => valuePasses(value(leaf.property), testOf(leaf, compiling), phrases),
      not,
      branch: halved,
    },
    false,
  );
}

export const YES = sql`(1 = 1)`;
export const NO = sql`(1 = 0)`;
