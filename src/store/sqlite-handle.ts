import Sqlite from 'better-sqlite3';
import { beforeAnew, usualLogLimits } from './sqlite-log.ts';

/** Several handles of a process have one each; with eight times as much nothing that was measured went faster. */
const CACHE_KIB = 8_192;
/** Pages that many commits change are copied back once for all of them. */
const CHECKPOINT_PAGES = 4000;
/** Where a thread of its own copies pages back, a commit does so only when that thread is far behind. */
export const LATE_CHECKPOINT_PAGES = 2 * usualLogLimits.tooLong;

/**
 * Opens a file for writing. Journal in WAL, each commit on the disk when it returns.
 * @param busyMs how long a statement waits while another process writes; the thread stands still meanwhile
 * @param checkpointPages from how many pages in the log a commit copies them back
 */
export function openHandle(
  path: string,
  busyMs: number,
  checkpointPages = CHECKPOINT_PAGES,
): Sqlite.Database {
  const handle = new Sqlite(path, { timeout: busyMs });
  try {
    handle.pragma('journal_mode = WAL');
    handle.pragma('synchronous = FULL');
    handle.pragma('foreign_keys = ON');
    // What is deleted is overwritten with zeros: an erased customer must not be found in the file.
    handle.pragma('secure_delete = ON');
    handle.pragma(`cache_size = -${CACHE_KIB}`);
    handle.pragma('temp_store = MEMORY');
    handle.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    for (const text of beforeAnew('calm')) handle.exec(text);
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * What decides whether the commits to come wait for the disk; as it was opened a handle's do. SQLite lets it be changed
 * between transactions only.
 */
export function hasteOf(handle: Sqlite.Database): (isHasty: boolean) => void {
  let wasHasty = false;
  return (isHasty) => {
    if (isHasty === wasHasty) return;
    handle.pragma(`synchronous = ${isHasty ? 'NORMAL' : 'FULL'}`);
    wasHasty = isHasty;
  };
}
