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

/**
 * Joins the leaves of a tree. `conjunct` tells a leaf that the whole holds only where the leaf does.
 * Halves are joined in parentheses, so that a list of hundreds stays a shallow expression (SQLite allows 1000).
 */
export function joined<Leaf extends object>(
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
  const parts = [sql`${e}.type = ${events.type}`, ...isIn(sql`${e}.at`, events.from, events.until)];
  if (events.where !== undefined) parts.push(propertiesFit(events.where, compiling, e));
  return sql.join(parts, sql` AND `);
}

/** The conditions that a time lies in a stretch. */
export function isIn(at: SQL, from: number | undefined, until: number): SQL[] {
  const before = sql`${at} < ${until}`;
  return from === undefined ? [before] : [before, sql`${at} >= ${from}`];
}

/** The condition on the properties of a row of `events`. */
export function propertiesFit(where: Where, compiling: Compiling, e = sql`e`): SQL {
  const { phrases } = compiling;
  return joined(
    where,
    (leaf) =>
      valuePasses(jsonValue(sql`${e}.properties`, leaf.property, phrases), testOf(leaf, compiling), phrases),
    false,
  );
}

export const YES = sql`(1 = 1)`;
export const NO = sql`(1 = 0)`;
