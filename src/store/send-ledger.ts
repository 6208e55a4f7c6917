import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { ClaimRequest, HeldSend, SendLedger, Settlement, Verdict } from '../delivery/port.ts';
import type { Frequency } from '../profiles/preferences.ts';
import { clockOf } from './clock.ts';
import type { BulkRow, Database, RowStep } from './database.ts';
import {
  claimStatement,
  hasRoom,
  isOfInterest,
  lockSendsStatement,
  lockStatement,
  postponeStatement,
  settleStatement,
  suppressStatement,
} from './send-statements.ts';
import { takenSlots } from './slots.ts';

/** The ledger as send workers use it, on either database. */
export function sendLedger(db: Database): SendLedger {
  return {
    lease: (runId, limit, leaseMs) => lease(db, runId, limit, leaseMs),
    // By id first: the token alone is in no index, and looking for it would read the whole ledger.
    renew: async ({ token, sends }, leaseMs) => {
      await db.run(sql`UPDATE sends SET lease_until = ${db.phrases.now()} + ${leaseMs}
        WHERE ${db.phrases.sendsInOrder(
          sql`id IN ${idsOf(db, sends)} AND lease_token = ${token} AND state IN ('queued', 'deferred', 'sending')`,
        )}`);
    },
    release: async ({ token, sends }) => {
      await db.run(sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
        WHERE ${db.phrases.sendsInOrder(sql`id IN ${idsOf(db, sends)} AND lease_token = ${token} AND state IN ('queued', 'deferred')`)}`);
    },
    advance: (settlements, requests, fallback) => advance(db, settlements, requests, fallback),
    skip: async (token, id, reason, detail) => {
      await db.run(sql`UPDATE sends SET state = 'skipped', reason = ${reason}, detail = ${detail ?? null},
        finished_at = ${db.phrases.now()}, lease_token = NULL, lease_until = NULL
        WHERE id = ${id} AND lease_token = ${token} AND state IN ('queued', 'deferred')`);
    },
    postpone: async (token, waits) => {
      const rows = waits.map(({ id, dueAt }) => [id, token, dueAt]);
      await db.transaction((tx) => tx.forEach(postponeStatement, rows));
    },
    takenSlots: async (profileId, runId, butSend) => {
      const [row] = await db.rows<{ value: number }>(
        sql`SELECT value FROM sends WHERE id = ${butSend} AND run_id = ${runId}`,
      );
      const taken = await takenSlots(db, [profileId], row?.value ?? 0, butSend);
      return { slots: taken.get(profileId) ?? [], now: await clockOf(db) };
    },
  };
}

const idsOf = (db: Database, sends: readonly HeldSend[]) => db.phrases.numbers(sends.map((send) => send.id));

async function lease(db: Database, runId: number, limit: number, leaseMs: number) {
  const token = randomUUID();
  const now = db.phrases.now();
  const rows = await db.rows<LeasedRow>(sql`
    UPDATE sends SET lease_token = ${token}, lease_until = ${now} + ${leaseMs}
    WHERE id IN (
      SELECT s.id FROM sends s
      WHERE s.run_id = ${runId} AND s.state IN ('queued', 'deferred') AND s.due_at <= ${now}
        AND (s.lease_until IS NULL OR s.lease_until < ${now})
        AND EXISTS (SELECT 1 FROM runs r WHERE r.id = ${runId} AND r.state IN ('planning', 'running'))
      ORDER BY s.due_at, s.id LIMIT ${limit} ${db.phrases.skipLocked()})
    RETURNING id, run_id, profile_id, variant, attempts, ${now} AS now`);
  return { token, at: rows[0]?.now ?? 0, sends: rows.map(toHeld).sort((a, b) => a.id - b.id) };
}

interface LeasedRow {
  id: number;
  run_id: number;
  profile_id: number;
  variant: string;
  attempts: number;
  now: number;
}

function toHeld(row: LeasedRow): HeldSend {
  return {
    id: row.id,
    runId: row.run_id,
    profileId: row.profile_id,
    variant: row.variant,
    attempts: row.attempts,
  };
}

/** One transaction, and so one write to disk, for what came of some letters and the claims of others. */
async function advance(
  db: Database,
  settlements: readonly Settlement[],
  requests: readonly ClaimRequest[],
  fallback: Frequency | undefined,
): Promise<Verdict[]> {
  const steps: RowStep[] = [];
  const profiles = [...new Set(requests.map((request) => request.profileId))].map((id) => [id]);
  if (db.phrases.name === 'postgres' && profiles.length > 0) {
    steps.push({ statement: lockStatement, rows: profiles });
  }
  if (db.phrases.name === 'postgres') {
    steps.push({ statement: lockSendsStatement, rows: [...settlements, ...requests].map(({ id }) => [id]) });
  }
  if (settlements.length > 0) steps.push({ statement: settleStatement, rows: settlements.map(settledRow) });
  const suppressed = settlements.flatMap(suppressionRow);
  if (suppressed.length > 0) steps.push({ statement: suppressStatement, rows: suppressed });
  if (requests.length > 0) {
    const rows = requests.map(({ id, token, decision, sourceHash }) => [id, token, decision, sourceHash]);
    steps.push({ statement: claimStatement(fallback), rows });
  }
  const found = await db.inOne(steps);
  const claimed = requests.length > 0 ? ((found.at(-1) ?? []) as { id: number }[]) : [];
  const went = new Set(claimed.map((row) => row.id));
  const refused = requests.filter((request) => !went.has(request.id));
  const why = refused.length === 0 ? new Map<number, Verdict>() : await whyNot(db, refused, fallback);
  return requests.map((request) => (went.has(request.id) ? 'go' : (why.get(request.id) ?? 'lost')));
}

async function whyNot(
  db: Database,
  requests: readonly ClaimRequest[],
  fallback: Frequency | undefined,
): Promise<Map<number, Verdict>> {
  const now = db.phrases.now();
  const rows = await db.rows<Obstacles>(sql`
    SELECT sends.id AS id, sends.state AS state, sends.lease_token AS token, r.state AS run_state,
      CASE WHEN r.valid_until < ${now} THEN 1 ELSE 0 END AS expired,
      CASE WHEN p.paused_until > ${now} THEN 1 ELSE 0 END AS paused, p.email AS email,
      (SELECT c.state FROM consents c WHERE c.profile_id = p.id AND c.topic = r.topic) AS consent,
      (SELECT x.reason FROM suppressions x WHERE x.address = p.email) AS suppressed,
      CASE WHEN ${isOfInterest} AND ${hasRoom(db.phrases, fallback)} THEN 0 ELSE 1 END AS too_many
    FROM sends JOIN runs r ON r.id = sends.run_id JOIN profiles p ON p.id = sends.profile_id
    WHERE sends.id IN ${db.phrases.numbers(requests.map((request) => request.id))}`);
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
  email: string | null;
  consent: string | null;
  suppressed: string | null;
  too_many: number;
}

function obstacle(row: Obstacles, token: string | undefined): Verdict {
  if (row.token !== token || (row.state !== 'queued' && row.state !== 'deferred')) return 'lost';
  if (row.run_state !== 'planning' && row.run_state !== 'running') return 'not running';
  if (row.expired === 1) return 'expired';
  // Given back: whoever leases it next finds no address to write to, and skips it.
  if (row.email === null) return 'lost';
  if (row.suppressed !== null) return 'suppressed';
  if (row.consent !== 'in') return 'no consent';
  if (row.paused === 1) return 'paused by the customer';
  // What was in the way is over, such as a pause of the run: given back, the letter has another try.
  return row.too_many === 1 ? 'over frequency' : 'lost';
}

const settledRow = (s: Settlement): BulkRow => [
  s.id,
  s.token,
  s.state,
  s.reason ?? null,
  s.code ?? null,
  s.response,
  s.retryInMs,
];

function suppressionRow({ id, suppress, response }: Settlement): BulkRow[] {
  if (suppress === undefined) return [];
  return [[id, suppress.address, suppress.reason, `refused: ${response}`.slice(0, 200)]];
}
