import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';

/** The moment by the database's clock, ms: those of workers may be wrong. */
export async function clockOf(db: Database): Promise<number> {
  const [clock] = await db.rows<{ now: number }>(sql`SELECT ${db.phrases.now()} AS now`);
  return clock?.now ?? 0;
}
