import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { serveThread } from '../thread.ts';
import { BETWEEN, type BulkAsk, type PackedLoad } from './bulk-packing.ts';

/** While another writes this thread stands still; nobody else waits for it. */
const BUSY_MS = 60_000;
/** Pages that many loads change are copied back once for all of them; the log stays below some 100 MB. */
const CHECKPOINT_PAGES = 16_000;

/** The store has made and migrated the file; this is one more handle on it. */
function openHandle(path: string): Sqlite.Database {
  const handle = new Sqlite(path, { fileMustExist: true, timeout: BUSY_MS });
  handle.pragma('synchronous = FULL');
  handle.pragma('foreign_keys = ON');
  handle.pragma('secure_delete = ON');
  handle.pragma('cache_size = -49152');
  handle.pragma('temp_store = MEMORY');
  handle.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return handle;
}

await serveThread<BulkAsk, number[]>(async () => {
  const handle = openHandle(workerData.path);
  const statements = new Map<string, Sqlite.Statement>();
  const prepared = (text: string) => {
    const known = statements.get(text) ?? handle.prepare(text);
    statements.set(text, known);
    return known;
  };
  const load = handle.transaction((loads: readonly PackedLoad[]) => {
    const written: number[] = [];
    for (const one of loads) {
      const isLeftOut = one.ifWritten && written.every((rows) => rows === 0);
      written.push(isLeftOut ? 0 : write(prepared(one.text), one));
    }
    return written;
  });
  return (ask) => {
    if (ask.kind === 'load') return { answer: load.immediate(ask.loads) };
    // Leaves no long log behind for whoever opens the file next.
    handle.pragma('wal_checkpoint(TRUNCATE)');
    handle.close();
    return { answer: [] };
  };
});

function write(statement: Sqlite.Statement, { rows, columns }: PackedLoad): number {
  const values = columns.map((column) => (typeof column === 'string' ? column.split(BETWEEN) : column));
  const row: (string | number | null)[] = columns.map(() => null);
  let written = 0;
  for (let index = 0; index < rows; index += 1) {
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place]?.[index];
      row[place] = value === undefined || Number.isNaN(value) ? null : value;
    }
    written += statement.run(row).changes;
  }
  return written;
}
