import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { SQL } from 'drizzle-orm';
import { drizzle as drizzleSync } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import { DearError, messageOf } from '../errors.ts';
import { makeFolder } from '../folder.ts';
import type { Mark } from '../profiles/mark.ts';
import { BulkWriter } from './bulk-writer.ts';
import type { BulkRow, Database, Orm, RowStatement, Store } from './database.ts';
import { Lock } from './lock.ts';
import { packageRoot } from './package-root.ts';
import { Reader } from './reader.ts';
import * as schema from './schema/sqlite.ts';
import { insertManySqlite } from './sqlite-bulk.ts';
import { sqlitePhrases } from './sqlite-phrases.ts';
import { bound, patiently, Statements } from './sqlite-statements.ts';

const casing = 'snake_case';
const compiler = new SQLiteAsyncDialect({ casing });

/** Runs one piece of synchronous work on the handle: under the lock, or at once inside a transaction. */
export type Turn = <T>(work: () => T) => Promise<T>;

/**
 * Opens (and makes, and migrates) the SQLite database at `path`.
 * @throws DearError `store.unreachable` when the file cannot be opened or is no database.
 */
export async function openSqlite(path: string, mark: Mark): Promise<Store> {
  const handle = await openHandle(path);
  const statements = new Statements(handle);
  const lock = new Lock();
  const reader = new Reader(path);
  const bulk = new BulkWriter(path);
  const inTurn: Turn = (work) => lock.run(() => patiently(work));
  const begun: Turn = (step) => Promise.resolve().then(step);
  const inside = surface(statements, mark, begun, () => {
    throw new DearError('store.nested', 'A transaction was begun inside a transaction.');
  });
  const base = surface(statements, mark, inTurn, (work) =>
    lock.run(async () => {
      await patiently(() => handle.exec('BEGIN IMMEDIATE'));
      try {
        const result = await work(inside);
        handle.exec('COMMIT');
        return result;
      } catch (error) {
        if (handle.inTransaction) handle.exec('ROLLBACK');
        throw error;
      }
    }),
  );
  return {
    ...base,
    scan: (query, chunkSize = 1000) => {
      const { sql, params } = compiler.sqlToQuery(query);
      return reader.stream(sql, bound(params), chunkSize);
    },
    // The log keeps old pages until it is emptied; a reader that is at work keeps it from that until it is done.
    scrub: async () => {
      await inTurn(() => handle.pragma('wal_checkpoint(TRUNCATE)'));
    },
    load: (loads) => bulk.load(loads),
    close: async () => {
      await bulk.close();
      await reader.close();
      await lock.run(() => handle.close());
    },
  };
}

function surface(
  statements: Statements,
  mark: Mark,
  turn: Turn,
  transaction: Database['transaction'],
): Database {
  const orm: Orm = drizzle(
    (text, params, method) =>
      turn(() => {
        const statement = statements.get(text);
        if (method === 'run' || !statement.reader) return { rows: [statement.run(...bound(params))] };
        const raw = statement.raw(true);
        return {
          rows: method === 'get' ? (raw.get(...bound(params)) as unknown[]) : raw.all(...bound(params)),
        };
      }),
    // drizzle reads the casing from its third parameter only.
    undefined,
    { casing },
  );
  return {
    tables: schema,
    orm,
    phrases: sqlitePhrases,
    mark,
    rows: <T>(query: SQL) => {
      const { sql, params } = compiler.sqlToQuery(query);
      return turn(
        () =>
          statements
            .get(sql)
            .raw(false)
            .all(...bound(params)) as T[],
      );
    },
    run: (query) => {
      const { sql, params } = compiler.sqlToQuery(query);
      return turn(() => statements.get(sql).run(...bound(params)).changes);
    },
    insertMany: (insert, rows) => insertManySqlite(statements, turn, insert, rows),
    forEach: <T>(statement: RowStatement, rows: readonly BulkRow[]) =>
      turn(() => runForEach<T>(statements, rowText(statement), rows)),
    transaction,
  };
}

const rowTexts = new WeakMap<RowStatement, string>();

/** The statement for one row. */
function rowText(statement: RowStatement): string {
  const known = rowTexts.get(statement);
  if (known !== undefined) return known;
  const names = Object.keys(statement.columns);
  const { sql } = compiler.sqlToQuery(statement.body(sqlitePhrases));
  const text = `WITH v(${names.join(', ')}) AS (VALUES (${names.map(() => '?').join(', ')})) ${sql}`;
  rowTexts.set(statement, text);
  return text;
}

function runForEach<T>(statements: Statements, text: string, rows: readonly BulkRow[]): T[] {
  const statement = statements.get(text);
  const reader = statement.reader ? statement.raw(false) : undefined;
  const returned: T[] = [];
  for (const row of rows) {
    if (reader === undefined) statement.run(row);
    else for (const found of reader.all(row)) returned.push(found as T);
  }
  return returned;
}

async function openHandle(path: string): Promise<Sqlite.Database> {
  let handle: Sqlite.Database | undefined;
  try {
    makeFolder(dirname(path));
    const opened = new Sqlite(path, { timeout: 0 });
    handle = opened;
    await patiently(() => opened.pragma('journal_mode = WAL'));
    opened.pragma('synchronous = FULL');
    opened.pragma('foreign_keys = ON');
    // What is deleted is overwritten with zeros: an erased customer must not be found in the file.
    opened.pragma('secure_delete = ON');
    opened.pragma('cache_size = -65536');
    opened.pragma('temp_store = MEMORY');
    await patiently(() =>
      migrate(drizzleSync(opened), { migrationsFolder: join(packageRoot(), 'migrations', 'sqlite') }),
    );
    return opened;
  } catch (cause) {
    handle?.close();
    throw new DearError('store.unreachable', `The database ${path} cannot be opened: ${messageOf(cause)}.`, {
      mend: 'Set DATABASE_URL to a file that this user may write to, or to postgres://user@host/database.',
      cause,
    });
  }
}
