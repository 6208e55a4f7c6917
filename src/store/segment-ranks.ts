import { type SQL, sql } from 'drizzle-orm';
import type { Matching, Measure } from '../segments/demands.ts';
import type { Ranking } from '../segments/ranking.ts';
import { isEngagement } from '../segments/trait-tests.ts';
import { asSet, type Compiling, eventMatches, NO } from './segment-compile.ts';
import { bounded, figure, grouped } from './segment-events.ts';
import { type Asked, isTrue, storedAndLive } from './segment-figures.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { engagementCondition, engagementEvents, figureOf } from './segment-traits.ts';

/** Selects the value (`value`) of the last one who is in, of all who are ranked; no row when nobody is. */
export function thresholdQuery({ end, size, by }: Ranking, compiling: Compiling): SQL {
  const values = valuesOf(by, compiling);
  // Whole numbers divide down, so the share is rounded up by what is added first. They stand in the text, since
  // SQLite gets every bound number as a double, which makes no whole place.
  const wanted =
    'count' in size
      ? sql.raw(String(Math.trunc(size.count)))
      : sql`(n * ${sql.raw(String(Math.trunc(size.hundredths)))} + 9999) / 10000`;
  return sql`WITH ranked AS MATERIALIZED (${values}),
    counted AS MATERIALIZED (SELECT n, CASE WHEN ${wanted} > n THEN n ELSE ${wanted} END AS place
      FROM (SELECT count(*) AS n FROM ranked) every)
    ${segmentPhrases(compiling.phrases).atPlace(end)}`;
}

function valuesOf(by: Ranking['by'], compiling: Compiling): SQL {
  const grouped = (events: Matching, measure: Measure) =>
    sql`SELECT CAST(${figure(measure, compiling.phrases)} AS double precision) AS value FROM events e
      WHERE ${eventMatches(events, compiling)} GROUP BY e.profile_id`;
  if ('events' in by) return grouped(by.events, by.measure);
  if (isEngagement(by.trait)) return grouped(engagementEvents(by.trait, compiling), { kind: 'count' });
  const value = sql`CAST(${figureOf(by.trait, compiling)} AS double precision) AS value`;
  return storedAndLive(value, sql`t.orders > 0`, compiling);
}

/** What asks that a profile is ranked and reaches the threshold. */
export function rankCondition(
  { end, by }: Ranking,
  threshold: number | undefined,
  compiling: Compiling,
  conjunct: boolean,
): Asked {
  if (threshold === undefined) return NO;
  const bound = { operator: end === 'top' ? 'gte' : 'lte', value: threshold } as const;
  if ('events' in by) {
    const { events, measure } = by;
    const hold = sql`(count(*) > 0 AND ${bounded(figure(measure, compiling.phrases), bound)})`;
    return grouped(events, hold, false, compiling, asSet(compiling, conjunct));
  }
  if (isEngagement(by.trait)) {
    const holds = (count: SQL) => sql`(count(*) > 0 AND ${bounded(count, bound)})`;
    return engagementCondition(by.trait, holds, false, compiling, conjunct);
  }
  const reaches = bounded(figureOf(by.trait, compiling), bound);
  return { holds: isTrue(sql`t.orders > 0 AND ${reaches}`), fitsNone: false };
}
