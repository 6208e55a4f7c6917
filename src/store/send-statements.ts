import { type SQL, sql } from 'drizzle-orm';
import { WINDOW_MS } from '../campaigns/frequency.ts';
import type { Frequency } from '../profiles/preferences.ts';
import type { Phrases, RowStatement, RowTerms } from './database.ts';

/** Gives a leased send back until a later moment. */
export const postponeStatement: RowStatement = {
  columns: { send_id: 'bigint', token: 'text', due_at: 'bigint' },
  body: (_, row) => sql`UPDATE sends SET due_at = ${row.of('due_at')}, lease_token = NULL, lease_until = NULL
    ${row.from()} WHERE ${isHeld(row)} AND sends.state IN ('queued', 'deferred')`,
};

/** sending → what came of it; and unknown, when a worker that stood still tells at last how it ended. */
export const settleStatement: RowStatement = {
  columns: {
    send_id: 'bigint',
    token: 'text',
    state: 'text',
    reason: 'text',
    code: 'bigint',
    response: 'text',
    retry_in: 'bigint',
  },
  body: (phrases, row) => sql`UPDATE sends SET state = ${row.of('state')}, reason = ${row.of('reason')},
      response_code = ${row.of('code')}, response = ${row.of('response')},
      claimed_at = CASE WHEN ${row.of('state')} IN ('deferred', 'failed') THEN NULL ELSE sends.claimed_at END,
      due_at = CASE WHEN ${row.of('state')} = 'deferred' THEN ${phrases.now()} + ${row.of('retry_in')} ELSE sends.due_at END,
      finished_at = CASE WHEN ${row.of('state')} = 'deferred' THEN NULL ELSE ${phrases.now()} END,
      lease_token = NULL, lease_until = NULL
    ${row.from()} WHERE ${isHeld(row)} AND (sends.state = 'sending'
      OR (sends.state = 'unknown' AND ${row.of('state')} IN ('accepted', 'failed')))`,
};

/**
 * Who bounced for good must not be written to again; told with the outcome, in the same
 * transaction. Of somebody who was erased meanwhile no address is kept.
 */
export const suppressStatement: RowStatement = {
  columns: { send_id: 'bigint', address: 'text', reason: 'text', source: 'text' },
  body: (phrases, row) => sql`INSERT INTO suppressions (address, reason, source, at)
    SELECT ${row.of('address')}, ${row.of('reason')}, ${row.of('source')}, ${phrases.now()} ${row.from('sends s')}
    WHERE s.id = ${row.of('send_id')} AND s.profile_id > 0 ON CONFLICT (address) DO NOTHING`,
};

/** Keeps the profiles to this transaction, in the order of their ids, where others could write at the same time. */
export const lockStatement: RowStatement = {
  columns: { profile_id: 'bigint' },
  body: () =>
    sql`SELECT p.id AS id FROM profiles p WHERE p.id IN (SELECT profile_id FROM v) ORDER BY p.id FOR UPDATE`,
};

/** Keeps sends to this transaction; after their profiles, and in the order of their ids like all who change many. */
export const lockSendsStatement: RowStatement = {
  columns: { send_id: 'bigint' },
  body: () =>
    sql`SELECT s.id AS id FROM sends s WHERE s.id IN (SELECT send_id FROM v) ORDER BY s.id FOR UPDATE`,
};

/** Whether a send is the one of the row, and still held under its token. */
const isHeld = (row: RowTerms) =>
  sql`sends.id = ${row.of('send_id')} AND sends.lease_token = ${row.of('token')}`;

const claims = new Map<string, RowStatement>();

/** The claim, with the limit of customers who chose none. */
export function claimStatement(fallback: Frequency | undefined): RowStatement {
  const key = fallback === undefined ? 'none' : `${fallback.max} per ${fallback.per}`;
  const known = claims.get(key);
  if (known !== undefined) return known;
  const statement: RowStatement = {
    columns: { send_id: 'bigint', token: 'text', decision: 'text', source_hash: 'text' },
    body: (phrases, row) => claimBody(phrases, row, fallback),
  };
  claims.set(key, statement);
  return statement;
}

/**
 * A letter goes when the customer's letters of the last window, plus the better letters that are due for the same
 * customer now, leave room: so two letters never take one slot, and the one worth more gets it.
 */
function claimBody(phrases: Phrases, row: RowTerms, fallback: Frequency | undefined): SQL {
  const now = phrases.now();
  return sql`UPDATE sends SET state = 'sending', claimed_at = ${now}, attempts = attempts + 1,
      decision = ${row.of('decision')}, source_hash = ${row.of('source_hash')}
    ${row.from('runs r', 'profiles p')}
    WHERE ${isHeld(row)} AND sends.state IN ('queued', 'deferred')
      AND r.id = sends.run_id AND r.state IN ('planning', 'running') AND r.valid_until >= ${now}
      AND p.id = sends.profile_id AND p.email IS NOT NULL AND (p.paused_until IS NULL OR p.paused_until <= ${now})
      AND ${isOfInterest}
      AND EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = p.id AND c.topic = r.topic AND c.state = 'in')
      AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address = p.email)
      AND ${hasRoom(phrases, fallback)}
    RETURNING sends.id AS id`;
}

/** Whether the customer of a send wants letters as important as its run's: rows `p` and `r`. */
export const isOfInterest = sql`(p.important_only IS NULL OR r.important = 1)`;

/** Whether the limit of the customer `p` leaves room for the letter of the row of `sends`, as a claim sees it. */
export function hasRoom(phrases: Phrases, fallback: Frequency | undefined): SQL {
  const now = phrases.now();
  const max = sql`coalesce(p.frequency_max, ${constant(fallback?.max)})`;
  const window = sql`CASE coalesce(p.frequency_per, ${constant(fallback?.per ?? 'week')})
    WHEN 'day' THEN ${constant(WINDOW_MS.day)} WHEN 'month' THEN ${constant(WINDOW_MS.month)}
    ELSE ${constant(WINDOW_MS.week)} END`;
  return sql`(${max} IS NULL OR ${max} >
        (SELECT count(*) FROM sends o WHERE o.profile_id = p.id AND o.id <> sends.id
          AND o.claimed_at > ${now} - (${window}) AND o.state IN ('sending', 'accepted', 'unknown'))
        + (SELECT count(*) FROM merged_profiles g JOIN sends o ON o.profile_id = g.id WHERE g.survivor_id = p.id
          AND o.claimed_at > ${now} - (${window}) AND o.state IN ('sending', 'accepted', 'unknown'))
        + (SELECT count(*) FROM sends o JOIN runs q ON q.id = o.run_id
          WHERE o.profile_id = p.id AND o.id <> sends.id AND o.state IN ('queued', 'deferred') AND o.due_at <= ${now}
            AND q.state IN ('planning', 'running') AND q.valid_until >= ${now}
            AND (o.value > sends.value OR (o.value = sends.value AND o.id < sends.id))))`;
}

/** Our own numbers and words only, written into the text: it is made once and binds nothing but the rows. */
function constant(value: number | Frequency['per'] | undefined): SQL {
  if (value === undefined) return sql.raw('CAST(NULL AS bigint)');
  return sql.raw(typeof value === 'number' ? String(Math.trunc(value)) : `'${value}'`);
}
