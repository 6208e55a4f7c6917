import { type SQL, sql } from 'drizzle-orm';
import { type LetterDemand, sentStates, shownBy } from '../segments/letters.ts';
import { asSet, type Compiling, isIn, momentOf } from './segment-compile.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { listOf } from './slots.ts';

/** The condition of the rule `letter`. */
export function letterCondition(asked: LetterDemand, compiling: Compiling, conjunct: boolean): SQL {
  return asked.fate === 'sent'
    ? sentCondition(asked, compiling, conjunct)
    : shownCondition(asked, shownBy[asked.fate], compiling, conjunct);
}

/** From the ledger. Without a campaign there is no index but the profile's own. */
function sentCondition(
  { campaign, variant, from, until }: LetterDemand,
  compiling: Compiling,
  conjunct: boolean,
): SQL {
  const parts = [sql`s.state IN ${list(sentStates)}`, ...isIn(sql`s.claimed_at`, from, until)];
  if (campaign !== undefined)
    parts.push(sql`s.run_id IN (SELECT id FROM runs WHERE runs.campaign = ${campaign})`);
  if (variant !== undefined) parts.push(sql`s.variant = ${variant}`);
  const sent = sql.join(parts, sql` AND `);
  return asSet(compiling, conjunct) && campaign !== undefined
    ? sql`p.id IN (SELECT s.profile_id FROM sends s WHERE ${sent})`
    : sql`EXISTS (SELECT 1 FROM sends s WHERE s.profile_id = p.id AND ${sent})`;
}

/** From the events that show it. Where properties are asked for, all rows of the types are read either way. */
function shownCondition(
  { campaign, variant, from, until }: LetterDemand,
  types: readonly string[],
  compiling: Compiling,
  conjunct: boolean,
): SQL {
  const named = { campaign, variant };
  const own = segmentPhrases(compiling.phrases);
  const parts = [sql`e.type IN ${list(types)}`, ...isIn(momentOf(sql`e`, compiling), from, until)];
  for (const [key, value] of Object.entries(named)) {
    if (value !== undefined)
      parts.push(sql`(${own.text(sql`e.properties`, key)} = CAST(${value} AS text)) IS TRUE`);
  }
  const shown = sql.join(parts, sql` AND `);
  const readsRows = campaign !== undefined || variant !== undefined;
  const wide = types.some((type) => compiling.isWide({ type, from, until }));
  return asSet(compiling, conjunct) && (readsRows || (from !== undefined && !wide))
    ? sql`p.id IN (SELECT e.profile_id FROM events e WHERE ${shown})`
    : sql`EXISTS (SELECT 1 FROM events e WHERE e.profile_id = p.id AND ${shown})`;
}

const list = (texts: readonly string[]) => sql`(${listOf(texts)})`;
