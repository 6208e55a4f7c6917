import { type SQL, sql } from 'drizzle-orm';
import { AMOUNT_UNITS } from '../profiles/amounts.ts';
import { type EngagementName, engagedAfter, engagement, type TraitName } from '../profiles/traits.ts';
import type { AsOf } from '../segments/moment.ts';
import { bareTraits, isEngagement, type TraitTest, traitPasses } from '../segments/trait-tests.ts';
import { asSet, type Compiling, NO, YES } from './segment-compile.ts';
import { grouped } from './segment-events.ts';
import { type Value, valuePasses } from './segment-values.ts';
import { COMPLETE, figuresQuery } from './trait-sql.ts';

/** The condition of the rule `trait`. */
export function traitCondition(asked: TraitTest, compiling: Compiling, conjunct: boolean): SQL {
  const fitsNone = traitPasses(bareTraits(compiling.now, compiling.settings.traits)[asked.trait], asked);
  return isEngagement(asked.trait)
    ? engagementCondition(
        asked.trait,
        (count) => traitHolds(count, asked, compiling),
        fitsNone,
        compiling,
        conjunct,
      )
    : figuresCondition(
        traitHolds(figureOf(asked.trait, compiling), asked, compiling),
        fitsNone,
        compiling,
        conjunct,
      );
}

function traitHolds(value: SQL, asked: TraitTest, { phrases }: Compiling): SQL {
  if ('test' in asked) {
    const typed = asked.trait === 'stage' ? textOf(value) : numberOf(value);
    return valuePasses(typed, asked.test, phrases);
  }
  const parts = [sql`${value} IS NOT NULL`];
  if (Number.isFinite(asked.from)) parts.push(sql`${value} >= ${asked.from}`);
  if (Number.isFinite(asked.until)) parts.push(sql`${value} < ${asked.until}`);
  return sql`(${sql.join(parts, sql` AND `)})`;
}

const nothing = { boolean: sql`NULL`, listHas: () => NO };
const numberOf = (number: SQL): Value => ({
  ...nothing,
  number: sql`CAST(${number} AS double precision)`,
  text: sql`NULL`,
  exists: sql`${number} IS NOT NULL`,
});
const textOf = (text: SQL): Value => ({ ...nothing, number: sql`NULL`, text, exists: YES });

/** The value of a trait from a row `t` of figures; NULL for none. The same sums as `traitsFrom` of src/profiles. */
export function figureOf(trait: Exclude<TraitName, EngagementName>, { now, settings }: Compiling): SQL {
  const scale = sql.raw(`${AMOUNT_UNITS}.0`);
  if (trait === 'orders') return sql`t.orders`;
  if (trait === 'orderTotal') return sql`(t.order_total / ${scale})`;
  if (trait === 'firstOrder') return sql`t.first_order_at`;
  if (trait === 'lastOrder') return sql`t.last_order_at`;
  if (trait === 'daysSinceLastOrder') {
    return sql`floor((CAST(${now} AS double precision) - t.last_order_at) / 86400000.0)`;
  }
  if (trait === 'averageOrder') {
    const each = sql`CAST(t.order_total AS double precision) / t.orders`;
    return sql`(CASE WHEN t.orders > 0 THEN floor(${each} + 0.5) / ${scale} END)`;
  }
  const { loyalFrom, formerAfter } = settings.traits;
  return sql`(CASE WHEN t.last_order_at IS NULL THEN 'prospect'
    WHEN t.last_order_at < ${now - formerAfter} THEN 'former'
    WHEN t.orders >= ${loyalFrom} THEN 'loyal' ELSE 'customer' END)`;
}

/**
 * The condition that `holds` is true of a profile's figures, the row `t`. They are read from the table `traits`
 * where that is up to date, and made from the events where it is not: of profiles that were marked and not folded
 * yet, and of those with an order after the moment as of which is asked.
 * @param fitsNone whether profiles without any order fit
 */
export function figuresCondition(
  holds: SQL,
  fitsNone: boolean,
  compiling: Compiling,
  conjunct: boolean,
): SQL {
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

/** The condition on how often a profile opened, clicked or answered. */
export function engagementCondition(
  trait: EngagementName,
  holds: (count: SQL) => SQL,
  fitsNone: boolean,
  compiling: Compiling,
  conjunct: boolean,
): SQL {
  const events = engagementEvents(trait, compiling);
  const set = asSet(compiling, conjunct && !fitsNone) && !compiling.isWide(events);
  return grouped(events, holds(sql`count(*)`), fitsNone, compiling, set);
}

/** The events that an engagement trait counts. */
export function engagementEvents(trait: EngagementName, { now }: AsOf) {
  return {
    type: engagement[trait].type,
    from: engagedAfter(trait, now) + 1,
    until: now + 1,
    where: undefined,
  };
}
