import { type SQL, sql } from 'drizzle-orm';
import { AMOUNT_UNITS } from '../profiles/amounts.ts';
import { type EngagementName, engagedAfter, engagement, type TraitName } from '../profiles/traits.ts';
import type { AsOf } from '../segments/moment.ts';
import { bareTraits, isEngagement, type TraitTest, traitPasses } from '../segments/trait-tests.ts';
import { asSet, type Compiling, NO, YES } from './segment-compile.ts';
import { grouped } from './segment-events.ts';
import type { Asked } from './segment-figures.ts';
import { type Value, valuePasses } from './segment-values.ts';

/** What the rule `trait` asks. */
export function traitCondition(asked: TraitTest, compiling: Compiling, conjunct: boolean): Asked {
  const { trait } = asked;
  const fitsNone = traitPasses(bareTraits(compiling.now, compiling.settings.traits)[trait], asked);
  if (!isEngagement(trait))
    return { holds: traitHolds(figureOf(trait, compiling), asked, compiling), fitsNone };
  const holds = (count: SQL) => traitHolds(count, asked, compiling);
  return engagementCondition(trait, holds, fitsNone, compiling, conjunct);
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
