import { sql } from 'drizzle-orm';
import type { SweepLedger } from '../delivery/port.ts';
import type { Database } from './database.ts';

/** The ledger as the sweeper uses it, on either database. Every step is one guarded statement. */
export function sweepLedger(db: Database): SweepLedger {
  const now = db.phrases.now();
  return {
    // The token stays: a worker that only stood still may yet tell what the server answered.
    expireClaims: () =>
      db.run(sql`UPDATE sends SET state = CASE WHEN coalesce(opened_at, clicked_at, replied_at, unsubscribed_at) IS NULL
          THEN 'unknown' ELSE 'accepted' END, response = 'The worker that was sending it ended before the answer.',
        finished_at = ${now}, lease_until = NULL
        WHERE ${db.phrases.sendsInOrder(sql`state = 'sending' AND lease_until < ${now} AND run_id IN (${openRuns})`)}`),
    expireRuns: () =>
      db.run(sql`UPDATE sends SET finished_at = ${now}, lease_token = NULL, lease_until = NULL,
        state = CASE state WHEN 'deferred' THEN 'failed' ELSE 'skipped' END, reason = 'no longer worth sending'
        WHERE ${db.phrases.sendsInOrder(sql`state IN ('queued', 'deferred')
          AND (lease_until IS NULL OR lease_until < ${now})
          AND run_id IN (SELECT id FROM runs WHERE state IN ('planning', 'running', 'paused') AND valid_until < ${now})`)}`),
    endCancelled: () =>
      db.run(sql`UPDATE sends SET state = 'skipped', reason = 'cancelled', finished_at = ${now},
        lease_token = NULL, lease_until = NULL
        WHERE ${db.phrases.sendsInOrder(sql`state IN ('queued', 'deferred')
          AND run_id IN (SELECT id FROM runs WHERE state = 'cancelled')`)}`),
    // Looked at once more behind the lock: whoever has letters sent again keeps the run first.
    finishRuns: () =>
      db.transaction(async (tx) => {
        const rows = await tx.rows<{ id: number }>(
          sql`SELECT id FROM runs WHERE ${isOver} ${tx.phrases.skipLocked()}`,
        );
        if (rows.length === 0) return 0;
        const ids = tx.phrases.numbers(rows.map((row) => row.id));
        return tx.run(
          sql`UPDATE runs SET state = 'finished', finished_at = ${now} WHERE id IN ${ids} AND ${isOver}`,
        );
      }),
    abandonedPlans: async () => {
      const rows = await db.rows<{ id: number }>(
        sql`SELECT id FROM runs WHERE state = 'planning' AND (plan_until IS NULL OR plan_until < ${now})`,
      );
      return rows.map((row) => row.id);
    },
    due: async (most) => {
      const rows = await db.rows<{ id: number; count: number }>(sql`
        SELECT r.id AS id, (SELECT count(*) FROM (SELECT 1 FROM sends s WHERE s.run_id = r.id
          AND s.state IN ('queued', 'deferred') AND s.due_at <= ${now}
          AND (s.lease_until IS NULL OR s.lease_until < ${now}) LIMIT ${most}) d) AS count
        FROM runs r WHERE r.state IN ('planning', 'running')`);
      return rows.filter((row) => row.count > 0).map((row) => ({ runId: row.id, count: row.count }));
    },
  };
}

/** A cancelled run may still have a letter in flight. */
const openRuns = sql`SELECT id FROM runs WHERE state IN ('planning', 'running', 'paused', 'cancelled')`;

const isOver = sql`state = 'running' AND NOT EXISTS
  (SELECT 1 FROM sends s WHERE s.run_id = runs.id AND s.state IN ('queued', 'deferred', 'sending'))`;
