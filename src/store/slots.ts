import { sql } from 'drizzle-orm';
import { WINDOW_MS } from '../campaigns/frequency.ts';
import type { Database } from './database.ts';

/** A comma-separated list of bound values. */
export function listOf(values: readonly (number | string)[]) {
  return sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
}

/**
 * The slots of the given profiles: claimed letters of the longest window, those to profiles that were merged into
 * them too, and letters that wait and are worth at least `value`. A waiting letter that is worth less gives way,
 * and finds another slot when it is claimed.
 */
export async function takenSlots(
  db: Database,
  profileIds: readonly number[],
  value: number,
  butSend?: number,
): Promise<Map<number, number[]>> {
  const taken = new Map<number, number[]>();
  if (profileIds.length === 0) return taken;
  const rows = await db.rows<{ profile_id: number; at: number }>(sql`
    SELECT s.profile_id AS profile_id, coalesce(s.claimed_at, s.due_at) AS at
    FROM sends s JOIN runs r ON r.id = s.run_id
    WHERE s.profile_id IN ${db.phrases.numbers(profileIds)}
      AND s.id <> ${butSend ?? 0}
      AND ((s.state IN ('sending', 'accepted', 'unknown') AND s.claimed_at > ${db.phrases.now()} - ${WINDOW_MS.month})
        OR (s.state IN ('queued', 'deferred') AND s.value >= ${value} AND r.state IN ('planning', 'running', 'paused')))
    UNION ALL SELECT g.survivor_id, s.claimed_at FROM merged_profiles g JOIN sends s ON s.profile_id = g.id
    WHERE g.survivor_id IN ${db.phrases.numbers(profileIds)} AND s.state IN ('sending', 'accepted', 'unknown')
      AND s.claimed_at > ${db.phrases.now()} - ${WINDOW_MS.month}`);
  for (const row of rows) {
    const slots = taken.get(row.profile_id);
    if (slots === undefined) taken.set(row.profile_id, [row.at]);
    else slots.push(row.at);
  }
  return taken;
}
