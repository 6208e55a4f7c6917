import { type SQL, sql } from 'drizzle-orm';
import type { Occurrence, Sequence, Step } from '../segments/occurrences.ts';
import { asSet, type Compiling, eventMatches, isIn, NO, propertiesFit } from './segment-compile.ts';

/** The condition of the rules `first` and `last`. */
export function occurrenceCondition(asked: Occurrence, compiling: Compiling, conjunct: boolean): SQL {
  const { end, among, from, until, where } = asked;
  const stretch = { type: among.type, from, until };
  const fits = (e: SQL) => {
    const inTime = isIn(sql`${e}.at`, from, until);
    return sql.join(
      where === undefined ? inTime : [...inTime, propertiesFit(where, compiling, e)],
      sql` AND `,
    );
  };
  if (asSet(compiling, conjunct) && from !== undefined && !compiling.isWide(stretch)) {
    const nearer = end === 'first' ? sql`x.at < e.at OR x.id < e.id` : sql`x.at > e.at OR x.id > e.id`;
    const side = end === 'first' ? sql`x.at <= e.at` : sql`x.at >= e.at`;
    return sql`p.id IN (SELECT e.profile_id FROM events e WHERE ${eventMatches({ ...among, from, until }, compiling)}
      AND ${fits(sql`e`)} AND NOT EXISTS (SELECT 1 FROM events x WHERE x.profile_id = e.profile_id
      AND ${eventMatches(among, compiling, sql`x`)} AND ${side} AND (${nearer})))`;
  }
  const order = end === 'first' ? sql`x.at, x.id` : sql`x.at DESC, x.id DESC`;
  return sql`coalesce((SELECT ${fits(sql`x`)} FROM events x WHERE x.profile_id = p.id
    AND ${eventMatches(among, compiling, sql`x`)} ORDER BY ${order} LIMIT 1), ${NO})`;
}

/** The condition of the rule `sequence`. */
export function sequenceCondition({ first, steps }: Sequence, compiling: Compiling, conjunct: boolean): SQL {
  const start = sql`e0`;
  const goesOn = follows(steps, 0, compiling);
  const matching = sql`${eventMatches(first, compiling, start)} AND ${goesOn}`;
  return asSet(compiling, conjunct) && first.from !== undefined && !compiling.isWide(first)
    ? sql`p.id IN (SELECT e0.profile_id FROM events e0 WHERE ${matching})`
    : sql`EXISTS (SELECT 1 FROM events e0 WHERE e0.profile_id = p.id AND ${matching})`;
}

/** The condition that the steps from `index` on come after the event of the step before. */
function follows(steps: readonly Step[], index: number, compiling: Compiling): SQL {
  const step = steps[index];
  if (step === undefined) return sql`(1 = 1)`;
  const before = sql.raw(`e${index}`);
  const e = sql.raw(`e${index + 1}`);
  const parts = [
    sql`${e}.profile_id = ${before}.profile_id`,
    eventMatches(step, compiling, e),
    step.atOnce ? sql`${e}.at >= ${before}.at` : sql`${e}.at > ${before}.at`,
    ...(step.gap === undefined ? [] : [sql`${e}.at <= ${before}.at + ${step.gap}`]),
    follows(steps, index + 1, compiling),
  ];
  const exists = sql`EXISTS (SELECT 1 FROM events ${e} WHERE ${sql.join(parts, sql` AND `)})`;
  return step.wanted ? exists : sql`NOT ${exists}`;
}
