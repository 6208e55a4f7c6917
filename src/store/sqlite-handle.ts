import Sqlite from 'better-sqlite3';

const CHECKPOINT_PAGES = 4000;

/**
 * Opens a file for writing. Journal in WAL, each commit on the disk when it returns.
 * @param busyMs how long a statement waits while another process writes; the thread stands still meanwhile
 */
export function openHandle(path: string, busyMs: number): Sqlite.Database {
  const handle = new Sqlite(path, { timeout: busyMs });
  try {
    handle.pragma('journal_mode = WAL');
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    // What is deleted is overwritten with zeros: an erased customer must not be found in the file.
    handle.pragma('secure_delete = ON');
    handle.pragma('cache_size = -65536');
    handle.pragma('temp_store = MEMORY');
    // Pages that many commits change are then copied back once for all of them.
    handle.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}
