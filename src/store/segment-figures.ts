import { type SQL, sql } from 'drizzle-orm';
import { asSet, type Compiling, halved, NO, not, YES } from './segment-compile.ts';
import { COMPLETE, figuresQuery } from './trait-sql.ts';

/**
 * What is asked of a profile's figures, the row `t` of `traits`. Questions that are joined become one question, since
 * reading the table again for each of them is most of what it costs.
 */
export interface Figures {
  /** Never NULL. */
  readonly holds: SQL;
  /** Whether profiles fit that have no such row, since they never ordered. */
  readonly fitsNone: boolean;
}

/** A condition that may be NULL as one that is not. */
export const isTrue = (condition: SQL): SQL => sql`((${condition}) IS TRUE)`;

/** What a part of a rule asks: a condition on `profiles p`, never NULL, or a question to the profile's figures. */
export type Asked = SQL | Figures;

export const isFigures = (asked: Asked): asked is Figures => 'holds' in asked;

export function opposite(asked: Asked): Asked {
  return isFigures(asked) ? { holds: not(asked.holds), fitsNone: !asked.fitsNone } : not(asked);
}

/** All of the questions, or any of them, as one. */
export function united(kind: 'all' | 'any', figures: readonly Figures[]): Figures {
  const holds = halved(
    kind,
    figures.map((one) => one.holds),
  );
  const fits = (one: Figures) => one.fitsNone;
  return { holds, fitsNone: kind === 'all' ? figures.every(fits) : figures.some(fits) };
}

/**
 * The condition that figures are as asked. They are read from the table `traits` where that is up to date, and made from
 * the events where it is not: of profiles that were marked and not folded yet, and of those with an order after the
 * moment as of which is asked.
 */
export function figuresCondition({ holds, fitsNone }: Figures, compiling: Compiling, conjunct: boolean): SQL {
  const live = liveIds(compiling);
  if (asSet(compiling, conjunct && !fitsNone)) {
    const found = (fits: SQL) => sql`(${storedAndLive(sql`t.profile_id`, fits, compiling)})`;
    return fitsNone ? sql`p.id NOT IN ${found(sql`NOT ${holds}`)}` : sql`p.id IN ${found(holds)}`;
  }
  const none = fitsNone ? YES : NO;
  const made = figuresQuery(
    compiling.phrases,
    compiling.settings.traits,
    sql`e.profile_id = p.id`,
    compiling.now + 1,
  );
  return sql`(CASE WHEN p.id IN ${live} THEN coalesce((SELECT ${holds} FROM (${made}) t), ${none})
    ELSE coalesce((SELECT ${holds} FROM traits t WHERE t.profile_id = p.id), ${none}) END)`;
}

/** Selects `what` of every profile's figures, the rows `t`, that fit. */
export function storedAndLive(what: SQL, fits: SQL, compiling: Compiling): SQL {
  const { now, builtTo, phrases, settings } = compiling;
  const live = liveIds(compiling);
  const built = builtTo === COMPLETE ? sql`` : sql` AND t.profile_id <= ${builtTo}`;
  const made = figuresQuery(phrases, settings.traits, sql`e.profile_id IN ${live}`, now + 1);
  // The plus keeps SQLite from the index of that column: nearly all rows fit, and the table is read in its order.
  return sql`SELECT ${what} FROM traits t WHERE ${fits} AND +t.latest_at <= ${now}${built}
    AND t.profile_id NOT IN (SELECT profile_id FROM trait_marks)
    UNION ALL SELECT ${what} FROM (${made}) t WHERE ${fits}`;
}

/** The ids of profiles whose stored figures do not hold at the moment. */
function liveIds({ now, builtTo }: Compiling): SQL {
  const unbuilt =
    builtTo === COMPLETE ? sql`` : sql` UNION ALL SELECT id FROM profiles WHERE id > ${builtTo}`;
  return sql`(SELECT profile_id FROM trait_marks UNION ALL SELECT profile_id FROM traits WHERE latest_at > ${now}${unbuilt})`;
}
