import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { decisionSchema } from '../campaigns/decision.ts';
import type { ClaimRequest, LeasedSend, SendLedger, Settlement, Verdict } from '../delivery/port.ts';
import type { Frequency } from '../profiles/preferences.ts';
import type { Database } from './database.ts';
import { claimStatement, decideStatement, postponeStatement, settleStatement } from './send-statements.ts';
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
  const rows = await db.transaction((tx) =>
    tx.forEach<{ id: number }>(
      decideStatement,
      decisions.map(({ id, decision }) => [id, token, decision]),
    ),
  );
  return new Set(rows.map((row) => row.id));
}

/** One transaction, and so one write to disk, for what came of some letters and the claims of others. */
async function advance(
  db: Database,
  settlements: readonly Settlement[],
  requests: readonly ClaimRequest[],
  fallback: Frequency | undefined,
): Promise<Verdict[]> {
  const claimed = await db.transaction(async (tx) => {
    const lock = tx.phrases.lockProfiles([...new Set(requests.map((request) => request.profileId))]);
    if (lock !== undefined) await tx.rows(lock);
    if (settlements.length > 0) await settle(tx, settlements);
    if (requests.length === 0) return [];
    const rows = requests.map(({ id, token }) => [id, token]);
    return tx.forEach<{ id: number }>(claimStatement(fallback), rows);
  });
  const went = new Set(claimed.map((row) => row.id));
  const refused = requests.filter((request) => !went.has(request.id));
  const why = refused.length === 0 ? new Map<number, Verdict>() : await whyNot(db, refused);
  return requests.map((request) => (went.has(request.id) ? 'go' : (why.get(request.id) ?? 'lost')));
}

async function whyNot(db: Database, requests: readonly ClaimRequest[]): Promise<Map<number, Verdict>> {
  const now = db.phrases.now();
  const rows = await db.rows<Obstacles>(sql`
    SELECT s.id AS id, s.state AS state, s.lease_token AS token, r.state AS run_state,
      CASE WHEN r.valid_until < ${now} THEN 1 ELSE 0 END AS expired,
      CASE WHEN p.paused_until > ${now} THEN 1 ELSE 0 END AS paused, p.email AS email,
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
  email: string | null;
  consent: string | null;
  suppressed: string | null;
}

function obstacle(row: Obstacles, token: string | undefined): Verdict {
  if (row.token !== token || (row.state !== 'queued' && row.state !== 'deferred')) return 'lost';
  if (row.run_state !== 'running') return 'not running';
  if (row.expired === 1) return 'expired';
  // Given back: whoever leases it next finds no address to write to, and skips it.
  if (row.email === null) return 'lost';
  if (row.suppressed !== null) return 'suppressed';
  if (row.consent !== 'in') return 'no consent';
  return row.paused === 1 ? 'paused by the customer' : 'over frequency';
}

async function settle(tx: Database, settlements: readonly Settlement[]): Promise<void> {
  await tx.forEach(
    settleStatement,
    settlements.map((s) => [
      s.id,
      s.token,
      s.state,
      s.reason ?? null,
      s.code ?? null,
      s.response,
      s.retryInMs,
    ]),
  );
  for (const { id, suppress, response } of settlements) {
    if (suppress === undefined) continue;
    const address = await addressOf(tx, id);
    if (address === undefined) continue;
    await tx.run(sql`INSERT INTO suppressions (address, reason, source, at)
      VALUES (${address}, ${suppress}, ${`refused: ${response}`.slice(0, 200)}, ${tx.phrases.now()})
      ON CONFLICT (address) DO NOTHING`);
  }
}

/** Where a letter went; its profile may have another address by now. */
async function addressOf(tx: Database, id: number): Promise<string | undefined> {
  const [row] = await tx.rows<{ decision: string | null; email: string | null }>(sql`
    SELECT s.decision AS decision, p.email AS email
    FROM sends s LEFT JOIN profiles p ON p.id = s.profile_id WHERE s.id = ${id}`);
  const decided = receiver.safeParse(JSON.parse(row?.decision ?? 'null'));
  return decided.success ? decided.data.to.address : (row?.email ?? undefined);
}

const receiver = decisionSchema.pick({ to: true });
