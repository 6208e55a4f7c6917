import { and, eq, sql } from 'drizzle-orm';
import type { LedgerReader, Send, VariantCounts } from '../campaigns/port.ts';
import { finalStates, openStates, type SendState } from '../campaigns/reasons.ts';
import { DearError } from '../errors.ts';
import type { Database, Tables } from './database.ts';

const states: readonly SendState[] = [...finalStates, ...openStates];

/** Reading the ledger for status, report and why, on either database. */
export function ledgerReader(db: Database): LedgerReader {
  const { sends } = db.tables;
  return {
    send: async (id) => toSend((await db.orm.select().from(sends).where(eq(sends.id, id)))[0]),
    sendOf: async (runId, profileId) => {
      const where = and(eq(sends.runId, runId), eq(sends.profileId, profileId));
      return toSend((await db.orm.select().from(sends).where(where))[0]);
    },
    counts: async (runId) => {
      const rows = await db.rows<{ state: string; reason: string | null; count: number }>(
        sql`SELECT state, reason, count(*) AS count FROM sends WHERE run_id = ${runId} GROUP BY state, reason ORDER BY state, reason`,
      );
      return rows.map((row) => ({
        state: toState(row.state),
        reason: row.reason ?? undefined,
        count: row.count,
      }));
    },
    variants: (runId) =>
      db.rows<VariantCounts>(sql`
        SELECT variant AS variant, count(*) AS planned,
          count(CASE WHEN state = 'accepted' THEN 1 END) AS accepted,
          count(CASE WHEN state = 'accepted' THEN opened_at END) AS opened,
          count(CASE WHEN state = 'accepted' THEN clicked_at END) AS clicked,
          count(CASE WHEN state = 'accepted' THEN replied_at END) AS replied,
          count(CASE WHEN state = 'accepted' THEN unsubscribed_at END) AS unsubscribed
        FROM sends WHERE run_id = ${runId} AND variant IS NOT NULL GROUP BY variant ORDER BY variant`),
    refusals: async (runId, limit) => {
      const rows = await db.rows<RefusalRow>(sql`
        SELECT state AS state, reason AS reason, max(response) AS example, count(*) AS count FROM sends
        WHERE run_id = ${runId} AND state IN ('failed', 'deferred')
        GROUP BY state, reason, response_code ORDER BY count(*) DESC, state, reason LIMIT ${limit}`);
      return rows.map((row) => ({
        ...row,
        reason: row.reason ?? undefined,
        example: row.example ?? undefined,
      }));
    },
    nextDue: async (runId) => {
      const [row] = await db.rows<{ at: number | null }>(
        sql`SELECT min(due_at) AS at FROM sends WHERE run_id = ${runId} AND state IN ('queued', 'deferred')`,
      );
      return row?.at ?? undefined;
    },
    unsettled: async (runId, now) => {
      const [row] = await db.rows<{ count: number }>(sql`SELECT count(*) AS count FROM sends
        WHERE run_id = ${runId} AND (state = 'sending' OR (state IN ('queued', 'deferred') AND due_at <= ${now}))`);
      return row?.count ?? 0;
    },
    acceptedIds: async (runId, limit) => {
      const rows = await db.rows<{ id: number }>(
        sql`SELECT id FROM sends WHERE run_id = ${runId} AND state = 'accepted' ORDER BY id LIMIT ${limit}`,
      );
      return rows.map((row) => row.id);
    },
  };
}

interface RefusalRow {
  state: 'failed' | 'deferred';
  reason: string | null;
  example: string | null;
  count: number;
}

function toState(text: string): SendState {
  const state = states.find((known) => known === text);
  if (state === undefined)
    throw new DearError('store.corrupt', `A send has the state '${text}', which Dear does not know.`);
  return state;
}

function toSend(row: Tables['sends']['$inferSelect'] | undefined): Send | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.id,
    runId: row.runId,
    profileId: row.profileId,
    state: toState(row.state),
    reason: row.reason ?? undefined,
    detail: row.detail ?? undefined,
    variant: row.variant ?? undefined,
    sourceHash: row.sourceHash ?? undefined,
    dueAt: row.dueAt,
    plannedAt: row.plannedAt,
    claimedAt: row.claimedAt ?? undefined,
    finishedAt: row.finishedAt ?? undefined,
    attempts: row.attempts,
    response: row.response ?? undefined,
    openedAt: row.openedAt ?? undefined,
    clickedAt: row.clickedAt ?? undefined,
    repliedAt: row.repliedAt ?? undefined,
    unsubscribedAt: row.unsubscribedAt ?? undefined,
    decision: row.decision ?? undefined,
  };
}
