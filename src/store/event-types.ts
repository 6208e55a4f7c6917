import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';

/** The types that events have, each found by one step into the index, however many events there are. */
export async function eventTypes(db: Database): Promise<string[]> {
  const rows = await db.rows<{ type: string }>(sql`
    WITH RECURSIVE types(type) AS (
      SELECT min(type) FROM events
      UNION ALL
      SELECT (SELECT min(e.type) FROM events e WHERE e.type > types.type) FROM types WHERE types.type IS NOT NULL
    ) SELECT type FROM types WHERE type IS NOT NULL`);
  return rows.map((row) => row.type);
}
