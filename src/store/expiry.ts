import { type SQL, sql } from 'drizzle-orm';
import type { ExpiryStore, ExpiryTable, Overdue } from '../profiles/expiry.ts';
import type { Store } from './database.ts';
import { eventTypes } from './event-types.ts';
import { markTraits } from './traits.ts';

/** Finding and removing what is older than it may be, on either database. Counting reads off the event loop. */
export function expiryStore(store: Store): ExpiryStore {
  return {
    eventTypes: () => eventTypes(store),
    events: (type) => ({
      overdue: (before) => overdue(store, sql`events WHERE type = ${type} AND at < ${before}`),
      remove: async (before, _from, limit) => full(await removeEvents(store, type, before, limit), limit),
    }),
    arrivals: arrivals(store),
    audit: {
      overdue: (before) => overdue(store, sql`audit WHERE at < ${before}`),
      remove: (before, from, limit) => removeFirst(store, sql`audit`, sql`TRUE`, before, from, limit),
    },
    takeChore: async (name, everyMs) => {
      const now = store.phrases.now();
      const rows = await store.rows(sql`INSERT INTO chores (name, at) VALUES (${name}, ${now})
        ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE chores.at <= excluded.at - ${everyMs}
        RETURNING name`);
      return rows.length > 0;
    },
  };
}

/** What profiles were worth by them is derived anew. */
function removeEvents(store: Store, type: string, before: number, limit: number): Promise<number> {
  return store.transaction(async (tx) => {
    const rows = await tx.rows<{
      profile_id: number;
    }>(sql`DELETE FROM events WHERE id IN (SELECT id FROM events
      WHERE type = ${type} AND at < ${before} ORDER BY at LIMIT ${limit}) RETURNING profile_id`);
    await markTraits(
      tx,
      rows.map((row) => row.profile_id),
    );
    return rows.length;
  });
}

function arrivals(store: Store): ExpiryTable {
  const settled = sql`state <> 'new'`;
  return {
    overdue: (before) => overdue(store, sql`arrivals WHERE at < ${before} AND ${settled}`),
    remove: (before, from, limit) => removeFirst(store, sql`arrivals`, settled, before, from, limit),
  };
}

/**
 * Removes from a table whose ids were given in the order of time, more or less: looks at the next rows by id, and
 * ends at the first chunk that holds nothing old, so that it never reads what is young.
 */
async function removeFirst(
  store: Store,
  table: SQL,
  may: SQL,
  before: number,
  from: number,
  limit: number,
): Promise<{ removed: number; next: number | undefined }> {
  return store.transaction(async (tx) => {
    const [chunk] = await tx.rows<{ last: number | null; rows: number; old: number }>(sql`
      SELECT max(id) AS last, count(*) AS rows, count(CASE WHEN at < ${before} THEN 1 END) AS old
      FROM (SELECT id, at FROM ${table} WHERE id > ${from} ORDER BY id LIMIT ${limit}) c`);
    if (chunk === undefined || chunk.last === null || chunk.old === 0) return { removed: 0, next: undefined };
    const removed = await tx.run(sql`DELETE FROM ${table}
      WHERE id > ${from} AND id <= ${chunk.last} AND at < ${before} AND ${may}`);
    return { removed, next: chunk.rows < limit ? undefined : chunk.last };
  });
}

const full = (removed: number, limit: number) => ({ removed, next: removed < limit ? undefined : 0 });

async function overdue(store: Store, fromWhere: SQL): Promise<Overdue> {
  for await (const [row] of store.scan<{ count: number; oldest: number | null }>(
    sql`SELECT count(*) AS count, min(at) AS oldest FROM ${fromWhere}`,
  )) {
    return { count: row?.count ?? 0, oldest: row?.oldest ?? undefined };
  }
  return { count: 0, oldest: undefined };
}
