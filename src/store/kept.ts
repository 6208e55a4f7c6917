import type { Database, Store } from './database.ts';

/** Resolves when what went the hasty or the bulk way is on the disk; all else is when it is committed. */
export async function keptBy(db: Database | Store): Promise<void> {
  if ('kept' in db) await db.kept();
}
