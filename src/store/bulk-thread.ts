import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { makeMark } from '../profiles/mark.ts';
import { serveThread } from '../thread.ts';
import { eventsWriter } from './bulk-events-writing.ts';
import { BETWEEN, type BulkAnswer, type BulkAsk, type PackedLoad } from './bulk-packing.ts';
import { BulkPeople } from './bulk-people.ts';
import { profilesWriter } from './bulk-profiles-writing.ts';
import { hasteOf, LATE_CHECKPOINT_PAGES } from './sqlite-handle.ts';
import { beforeAnew } from './sqlite-log.ts';

/** While another writes this thread stands still; nobody else waits for it. */
const BUSY_MS = 60_000;

/** The store has made and migrated the file; this is one more handle on it. */
function openHandle(path: string): Sqlite.Database {
  const handle = new Sqlite(path, { fileMustExist: true, timeout: BUSY_MS });
  handle.pragma('synchronous = FULL');
  handle.pragma('foreign_keys = ON');
  handle.pragma('secure_delete = ON');
  handle.pragma('cache_size = -8192');
  handle.pragma('temp_store = MEMORY');
  handle.pragma(`wal_autocheckpoint = ${LATE_CHECKPOINT_PAGES}`);
  for (const text of beforeAnew('calm')) handle.exec(text);
  return handle;
}

await serveThread<BulkAsk, BulkAnswer>(async () => {
  const handle = openHandle(workerData.path);
  const statements = new Map<string, Sqlite.Statement>();
  const prepared = (text: string) => {
    const known = statements.get(text) ?? handle.prepare(text);
    statements.set(text, known);
    return known;
  };
  const hasten = hasteOf(handle);
  const load = handle.transaction((loads: readonly PackedLoad[]) => {
    const written: number[] = [];
    for (const one of loads) {
      const isLeftOut = one.ifWritten && written.every((rows) => rows === 0);
      written.push(isLeftOut ? 0 : write(prepared(one.text), one));
    }
    return written;
  });
  // Each is made when it is first asked for: an import needs one of them.
  let people: BulkPeople | undefined;
  const theirs = () => {
    people ??= new BulkPeople(handle, makeMark(workerData.secret));
    return people;
  };
  let events: Sqlite.Transaction<ReturnType<typeof eventsWriter>> | undefined;
  let profiles: Sqlite.Transaction<ReturnType<typeof profilesWriter>> | undefined;
  const answer = (ask: BulkAsk): BulkAnswer => {
    // An import waits for the disk once, at its end.
    hasten(ask.kind === 'events' || ask.kind === 'profiles');
    switch (ask.kind) {
      case 'load':
        return load.immediate(ask.loads);
      case 'events':
        events ??= handle.transaction(eventsWriter(handle, theirs()));
        return events.immediate(ask.events);
      case 'profiles':
        profiles ??= handle.transaction(profilesWriter(handle, theirs()));
        return profiles.immediate(ask.profiles);
      case 'anew':
        for (const text of beforeAnew(ask.moment)) handle.exec(text);
        return [];
      default:
        // Leaves no long log behind for whoever opens the file next.
        handle.pragma('wal_checkpoint(TRUNCATE)');
        handle.close();
        return [];
    }
  };
  return (ask) => {
    try {
      return { answer: answer(ask) };
    } catch (error) {
      people?.forget();
      throw error;
    }
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
