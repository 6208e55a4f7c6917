import { randomUUID } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import { WINDOW_MS } from '../campaigns/frequency.ts';
import type { ClaimRequest, LeasedSend, SendLedger, Settlement, Verdict } from '../delivery/port.ts';
import type { Frequency } from '../profiles/preferences.ts';
import type { Database } from './database.ts';
import { listOf, takenSlots } from './slots.ts';

/** The ledger as send workers use it, on either database. */
export function sendLedger(db: Database): SendLedger {
  return {
    lease: (runId, limit, leaseMs) => lease(db, runId, limit, leaseMs),
    renew: async (token, leaseMs) => {
      await db.run(sql`UPDATE sends SET lease_until = ${db.phrases.now()} + ${leaseMs}
        WHERE lease_token = ${token} AND state IN ('queued', 'deferred', 'sending')`);
    },
    release: async (token) => {
      await db.run(sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
        WHERE lease_token = ${token} AND state IN ('queued', 'deferred')`);
    },
    decide: (token, decisions) => decide(db, token, decisions),
    claim: (requests, fallback) => claim(db, requests, fallback),
    settle: (settlements) => settle(db, settlements),
    skip: async (token, id, reason, detail) => {
      await db.run(sql`UPDATE sends SET state = 'skipped', reason = ${reason}, detail = ${detail ?? null},
        finished_at = ${db.phrases.now()}, lease_token = NULL, lease_until = NULL
        WHERE id = ${id} AND lease_token = ${token} AND state IN ('queued', 'deferred')`);
    },
    postpone: async (token, id, dueAt) => {
      await db.run(sql`UPDATE sends SET due_at = ${dueAt}, lease_token = NULL, lease_until = NULL
        WHERE id = ${id} AND lease_token = ${token} AND state IN ('queued', 'deferred')`);
    },
    takenSlots: async (profileId, runId, butSend) => {
      const [row] = await db.rows<{ value: number }>(
        sql`SELECT value FROM sends WHERE id = ${butSend} AND run_id = ${runId}`,
      );
      return (await takenSlots(db, [profileId], row?.value ?? 0, butSend)).get(profileId) ?? [];
    },
  };
}

async function lease(db: Database, runId: number, limit: number, leaseMs: number) {
  const token = randomUUID();
  const now = db.phrases.now();
  const rows = await db.rows<LeasedRow>(sql`
    UPDATE sends SET lease_token = ${token}, lease_until = ${now} + ${leaseMs}
    WHERE id IN (
      SELECT s.id FROM sends s
      WHERE s.run_id = ${runId} AND s.state IN ('queued', 'deferred') AND s.due_at <= ${now}
        AND (s.lease_until IS NULL OR s.lease_until < ${now})
        AND EXISTS (SELECT 1 FROM runs r WHERE r.id = ${runId} AND r.state = 'running')
      ORDER BY s.due_at, s.id LIMIT ${limit} ${db.phrases.skipLocked()})
    RETURNING id, run_id, profile_id, variant, source_hash, attempts`);
  return { token, sends: rows.map(toLeased).sort((a, b) => a.id - b.id) };
}

interface LeasedRow {
  id: number;
  run_id: number;
  profile_id: number;
  variant: string;
  source_hash: string;
  attempts: number;
}

function toLeased(row: LeasedRow): LeasedSend {
  return {
    id: row.id,
    runId: row.run_id,
    profileId: row.profile_id,
    variant: row.variant,
    sourceHash: row.source_hash,
    attempts: row.attempts,
  };
}

async function decide(db: Database, token: string, decisions: readonly { id: number; decision: string }[]) {
  if (decisions.length === 0) return new Set<number>();
  const values = valuesOf(decisions.map(({ id, decision }) => [bigint(id), text(decision)]));
  const rows = await db.rows<{ id: number }>(sql`
    WITH v(send_id, decision) AS (${values})
    UPDATE sends SET decision = v.decision FROM v
    WHERE sends.id = v.send_id AND sends.lease_token = ${token} AND sends.state IN ('queued', 'deferred')
    RETURNING sends.id AS id`);
  return new Set(rows.map((row) => row.id));
}

async function claim(
  db: Database,
  requests: readonly ClaimRequest[],
  fallback: Frequency | undefined,
): Promise<Verdict[]> {
  const claimed = await db.transaction(async (tx) => {
    const lock = tx.phrases.lockProfiles([...new Set(requests.map((request) => request.profileId))]);
    if (lock !== undefined) await tx.rows(lock);
    return tx.rows<{ id: number }>(claimStatement(tx, requests, fallback));
  });
  const went = new Set(claimed.map((row) => row.id));
  const refused = requests.filter((request) => !went.has(request.id));
  const why = refused.length === 0 ? new Map<number, Verdict>() : await whyNot(db, refused);
  return requests.map((request) => (went.has(request.id) ? 'go' : (why.get(request.id) ?? 'lost')));
}

/**
 * The claim. A letter goes when the customer's letters of the last window, plus the better letters that are due
 * for the same customer now, leave room: so two letters never take one slot, and the one worth more gets it.
 */
function claimStatement(
  tx: Database,
  requests: readonly ClaimRequest[],
  fallback: Frequency | undefined,
): SQL {
  const now = tx.phrases.now();
  const max = sql`coalesce(p.frequency_max, ${bigint(fallback?.max ?? null)})`;
  const window = sql`CASE coalesce(p.frequency_per, ${text(fallback?.per ?? 'week')})
    WHEN 'day' THEN ${bigint(WINDOW_MS.day)} WHEN 'month' THEN ${bigint(WINDOW_MS.month)} ELSE ${bigint(WINDOW_MS.week)} END`;
  return sql`
    WITH v(send_id, token) AS (${valuesOf(requests.map(({ id, token }) => [bigint(id), text(token)]))})
    UPDATE sends SET state = 'sending', claimed_at = ${now}, attempts = attempts + 1
    FROM v, runs r, profiles p
    WHERE sends.id = v.send_id AND sends.lease_token = v.token AND sends.state IN ('queued', 'deferred')
      AND r.id = sends.run_id AND r.state = 'running' AND r.valid_until >= ${now}
      AND p.id = sends.profile_id AND (p.paused_until IS NULL OR p.paused_until <= ${now})
      AND EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = p.id AND c.topic = r.topic AND c.state = 'in')
      AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.address = p.email)
      AND (${max} IS NULL OR ${max} >
        (SELECT count(*) FROM sends o WHERE o.profile_id = p.id AND o.id <> sends.id
          AND o.claimed_at > ${now} - (${window}) AND o.state IN ('sending', 'accepted', 'unknown'))
        + (SELECT count(*) FROM sends o JOIN runs q ON q.id = o.run_id
          WHERE o.profile_id = p.id AND o.id <> sends.id AND o.state IN ('queued', 'deferred') AND o.due_at <= ${now}
            AND q.state = 'running' AND q.valid_until >= ${now}
            AND (o.value > sends.value OR (o.value = sends.value AND o.id < sends.id))))
    RETURNING sends.id AS id`;
}

async function whyNot(db: Database, requests: readonly ClaimRequest[]): Promise<Map<number, Verdict>> {
  const now = db.phrases.now();
  const rows = await db.rows<Obstacles>(sql`
    SELECT s.id AS id, s.state AS state, s.lease_token AS token, r.state AS run_state,
      CASE WHEN r.valid_until < ${now} THEN 1 ELSE 0 END AS expired,
      CASE WHEN p.paused_until > ${now} THEN 1 ELSE 0 END AS paused,
      (SELECT c.state FROM consents c WHERE c.profile_id = p.id AND c.topic = r.topic) AS consent,
      (SELECT x.reason FROM suppressions x WHERE x.address = p.email) AS suppressed
    FROM sends s JOIN runs r ON r.id = s.run_id JOIN profiles p ON p.id = s.profile_id
    WHERE s.id IN (${listOf(requests.map((request) => request.id))})`);
  const tokens = new Map(requests.map((request) => [request.id, request.token]));
  return new Map(rows.map((row) => [row.id, obstacle(row, tokens.get(row.id))]));
}

interface Obstacles {
  id: number;
  state: string;
  token: string | null;
  run_state: string;
  expired: number;
  paused: number;
  consent: string | null;
  suppressed: string | null;
}

function obstacle(row: Obstacles, token: string | undefined): Verdict {
  if (row.token !== token || (row.state !== 'queued' && row.state !== 'deferred')) return 'lost';
  if (row.run_state !== 'running') return 'not running';
  if (row.expired === 1) return 'expired';
  if (row.suppressed !== null) return 'suppressed';
  if (row.consent !== 'in') return 'no consent';
  return row.paused === 1 ? 'paused by the customer' : 'over frequency';
}

async function settle(db: Database, settlements: readonly Settlement[]): Promise<void> {
  const gone = settlements.filter((settlement) => settlement.suppress !== undefined);
  if (gone.length === 0) return settleStates(db, settlements);
  await db.transaction(async (tx) => {
    await settleStates(tx, settlements);
    for (const { id, suppress, response } of gone) {
      await tx.run(sql`INSERT INTO suppressions (address, reason, source, at)
        SELECT p.email, ${suppress}, ${`refused: ${response}`.slice(0, 200)}, ${tx.phrases.now()}
        FROM sends s JOIN profiles p ON p.id = s.profile_id WHERE s.id = ${id}
        ON CONFLICT (address) DO NOTHING`);
    }
  });
}

async function settleStates(db: Database, settlements: readonly Settlement[]): Promise<void> {
  const now = db.phrases.now();
  const values = valuesOf(
    settlements.map((s) => [
      bigint(s.id),
      text(s.token),
      text(s.state),
      text(s.reason ?? null),
      bigint(s.code ?? null),
      text(s.response),
      bigint(s.retryInMs),
    ]),
  );
  await db.run(sql`
    WITH v(send_id, token, state, reason, code, response, retry_in) AS (${values})
    UPDATE sends SET state = v.state, reason = v.reason, response_code = v.code, response = v.response,
      claimed_at = CASE WHEN v.state IN ('deferred', 'failed') THEN NULL ELSE sends.claimed_at END,
      due_at = CASE WHEN v.state = 'deferred' THEN ${now} + v.retry_in ELSE sends.due_at END,
      finished_at = CASE WHEN v.state = 'deferred' THEN NULL ELSE ${now} END,
      lease_token = NULL, lease_until = NULL
    FROM v WHERE sends.id = v.send_id AND sends.lease_token = v.token AND sends.state = 'sending'`);
}

/** Bound values whose type PostgreSQL cannot infer inside VALUES; the casts change nothing on SQLite. */
const bigint = (value: number | null) => sql`CAST(${value} AS bigint)`;
const text = (value: string | null) => sql`CAST(${value} AS text)`;

function valuesOf(rows: readonly SQL[][]): SQL {
  return sql`VALUES ${sql.join(
    rows.map((row) => sql`(${sql.join(row, sql`, `)})`),
    sql`, `,
  )}`;
}
