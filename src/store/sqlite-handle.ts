import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { packageRoot } from './package-root.ts';

const CHECKPOINT_PAGES = 4000;

/**
 * Opens a file for writing, and migrates it. Journal in WAL, each commit on the disk when it returns.
 * @param busyMs how long a statement waits while another process writes; the thread stands still meanwhile
 */
export function openHandle(path: string, busyMs: number): Sqlite.Database {
  const handle = new Sqlite(path, { timeout: busyMs });
  try {
    handle.pragma('journal_mode = WAL');
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    handle.pragma('cache_size = -65536');
    handle.pragma('temp_store = MEMORY');
    // Pages that many commits change are then copied back once for all of them.
    handle.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    migrate(drizzle(handle), { migrationsFolder: join(packageRoot(), 'migrations', 'sqlite') });
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}
