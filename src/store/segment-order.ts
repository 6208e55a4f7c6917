import { type SQL, sql } from 'drizzle-orm';
import type { Occurrence, Sequence, Step } from '../segments/occurrences.ts';
import {
  asSet,
  type Compiling,
  eventMatches,
  isIn,
  NO,
  propertiesFit,
  type Stretch,
} from './segment-compile.ts';

/** The condition of the rules `first` and `last`. */
export function occurrenceCondition(asked: Occurrence, compiling: Compiling, conjunct: boolean): SQL {
  const { end, among, from, until, where } = asked;
  const parts = isIn(sql`x.at`, from, until);
  if (where !== undefined) parts.push(propertiesFit(where, compiling, sql`x`));
  const order = end === 'first' ? sql`x.at, x.id` : sql`x.at DESC, x.id DESC`;
  const fits = sql`coalesce((SELECT ${sql.join(parts, sql` AND `)} FROM events x WHERE x.profile_id = p.id
    AND ${eventMatches(among, compiling, sql`x`)} ORDER BY ${order} LIMIT 1), ${NO})`;
  return narrowed(fits, { type: among.type, from, until }, compiling, conjunct);
}

/** The condition of the rule `sequence`. */
export function sequenceCondition({ first, steps }: Sequence, compiling: Compiling, conjunct: boolean): SQL {
  const start = sql`e0`;
  const exists = sql`EXISTS (SELECT 1 FROM events e0 WHERE e0.profile_id = p.id
    AND ${eventMatches(first, compiling, start)} AND ${follows(steps, 0, compiling)})`;
  return narrowed(exists, first, compiling, conjunct);
}

/**
 * A condition that is asked profile by profile, after those were picked who have any event in the stretch, where
 * that is narrow. Picked profiles come in the order of ids, which is that of the index that is probed then:
 * measured a third faster than probing in the order of time.
 */
function narrowed(
  condition: SQL,
  { type, from, until }: Stretch,
  compiling: Compiling,
  conjunct: boolean,
): SQL {
  const stretch = { type, from, until, where: undefined };
  if (!asSet(compiling, conjunct) || from === undefined || compiling.isWide(stretch)) return condition;
  const picked = sql`SELECT e.profile_id FROM events e WHERE ${eventMatches(stretch, compiling)}`;
  return sql`(p.id IN (${picked}) AND ${condition})`;
}

/** The condition that the steps from `index` on come after the event of the step before. */
function follows(steps: readonly Step[], index: number, compiling: Compiling): SQL {
  const step = steps[index];
  if (step === undefined) return sql`(1 = 1)`;
  const before = sql.raw(`e${index}`);
  const e = sql.raw(`e${index + 1}`);
  const parts = [
    sql`${e}.profile_id = ${before}.profile_id`,
    sql`${e}.type = ${step.type}`,
    // Without the sign SQLite takes these for the better bounds, and reads all profiles' events of the time.
    ...isIn(sql`+${e}.at`, step.from, step.until),
    ...(step.where === undefined ? [] : [propertiesFit(step.where, compiling, e)]),
    step.alike === index ? sql`${e}.at > ${before}.at` : sql`${e}.at >= ${before}.at`,
    ...(step.alike === undefined || step.alike === index
      ? []
      : [sql`+${e}.at > ${sql.raw(`e${step.alike}`)}.at`]),
    ...(step.gap === undefined ? [] : [sql`${e}.at <= ${before}.at + ${step.gap}`]),
    follows(steps, index + 1, compiling),
  ];
  const exists = sql`EXISTS (SELECT 1 FROM events ${e} WHERE ${sql.join(parts, sql` AND `)})`;
  return step.wanted ? exists : sql`NOT ${exists}`;
}
