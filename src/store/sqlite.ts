import { dirname } from 'node:path';
import { setImmediate as breathe, setTimeout as wait } from 'node:timers/promises';
import { fillPlaceholders, type SQL } from 'drizzle-orm';
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';
import { drizzle } from 'drizzle-orm/sqlite-proxy';
import { DearError, messageOf } from '../errors.ts';
import { makeFolder } from '../folder.ts';
import { type Mark, makeMark } from '../profiles/mark.ts';
import { BulkWriter } from './bulk-writer.ts';
import type { BulkInsert, BulkRow, Database, Orm, RowStatement, Store, Values } from './database.ts';
import { Lock } from './lock.ts';
import { onceEach } from './once-each.ts';
import { Reader } from './reader.ts';
import * as schema from './schema/sqlite.ts';
import { Checkpoints } from './sqlite-checkpoints.ts';
import type { Answer, Ask } from './sqlite-engine.ts';
import { type Link, linkHere, linkToThread } from './sqlite-link.ts';
import { beforeAnew, SqliteLog } from './sqlite-log.ts';
import { sqlitePhrases } from './sqlite-phrases.ts';
import { rowText } from './sqlite-rows.ts';

const casing = 'snake_case';
const compiler = new SQLiteAsyncDialect({ casing });
const compiled = onceEach((queries: readonly SQL[]) => queries.map((query) => compiler.sqlToQuery(query)));
/** So many rows go to the handle at once: on this thread, until the event loop gets its turn. */
const ROWS_A_TURN = 500;
/** A file of this size is written anew in about a second. */
const VACUUM_OCTETS = 64 * 1024 * 1024;
const SCRUB_FOR_MS = 10_000;

/** Has the handle do something: when no transaction is open, or inside the one that is. */
type Do = (ask: Ask) => Promise<Answer[]>;

/**
 * Opens (and makes, and migrates) the SQLite database at `path`.
 * @param writing where the handle that writes lives: `here`, or in a `thread` of its own
 * @throws DearError `store.unreachable` when the file cannot be opened or is no database.
 */
export async function openSqlite(path: string, secret: string, writing: 'here' | 'thread'): Promise<Store> {
  const mark = makeMark(secret);
  const opened = await open(path, writing);
  const lock = new Lock();
  const checkpoints = new Checkpoints(path, (moment) =>
    lock.run(async () => {
      for (const text of beforeAnew(moment)) await opened.do({ kind: 'all', text, params: [] });
    }),
  );
  const link: Link = opened.inOrder ? looked(opened, checkpoints) : opened;
  const reader = new Reader(path);
  // A scan may take a second; what is looked up must not wait for it.
  const looks = new Reader(path);
  const log = new SqliteLog(path);
  const bulk = new BulkWriter(path, secret, () => log.wrote());
  const inTurn: Do = (ask) => {
    // Whatever is asked of an orderly link now is done before a transaction that begins later.
    if (link.inOrder && lock.isFree) return link.do(ask);
    return lock.run(() => link.do(ask));
  };
  const inside = surface(
    mark,
    (ask) => link.do(ask),
    () => {
      throw new DearError('store.nested', 'A transaction was begun inside a transaction.');
    },
  );
  const begin =
    (hasty: boolean): Database['transaction'] =>
    (work) =>
      lock.run(() => transaction(link, hasty, () => work(inside)));
  const plain = surface(mark, inTurn, begin(false));
  return {
    ...plain,
    hasty: path === ':memory:' ? plain : inHaste(mark, inTurn, begin(true), log),
    kept: () => log.kept(),
    scan: (query, chunkSize = 1000) => {
      const { sql, params } = compiler.sqlToQuery(query);
      return reader.stream(sql, bound(params), chunkSize);
    },
    together: async <T extends readonly unknown[][]>(queries: readonly SQL[], values: Values = {}) => {
      const asked = compiled(queries).map(({ sql, params }) => ({
        sql,
        params: bound(fillPlaceholders(params, values)),
      }));
      return opened.inOrder ? looks.together<T>(asked) : together<T>(lock, link, asked);
    },
    // The log keeps old pages until it is emptied; a reader that is at work keeps it from that until it is done.
    scrub: () => lock.run(() => scrub(link)),
    // Another handle would open another database in memory.
    bulk: path === ':memory:' ? undefined : bulk,
    load: (loads) => bulk.load(loads),
    close: async () => {
      await checkpoints.close();
      await reader.close();
      await looks.close();
      await bulk.close();
      await lock.run(() => link.close());
      await log.close();
    },
  };
}

/** On the handle that writes: right where there is nobody else. */
async function together<T>(
  lock: Lock,
  link: Link,
  queries: readonly { readonly sql: string; readonly params: readonly unknown[] }[],
): Promise<T> {
  return lock.run(async () => {
    const found: unknown[][] = [];
    for (const { sql: text, params } of queries) {
      const [answer = nothing] = await link.do({ kind: 'all', text, params });
      found.push(objects(answer));
    }
    return found as T;
  });
}

/** The link, with somebody who looks after the log when something was asked of it. */
function looked(link: Link, checkpoints: Checkpoints): Link {
  return {
    ...link,
    do: (ask) => {
      checkpoints.wrote();
      return link.do(ask);
    },
  };
}

/**
 * Empties the log. Rows that moved when their page was split may have left a copy behind that no deletion overwrites;
 * only writing the file anew does away with it, which is done while that takes no more than a moment.
 */
async function scrub(link: Link): Promise<void> {
  const text = 'SELECT page_count * page_size AS octets FROM pragma_page_count(), pragma_page_size()';
  const [answer] = await link.do({ kind: 'all', text, params: [] });
  if (Number(answer?.rows[0]?.[0]) <= VACUUM_OCTETS)
    await link.do({ kind: 'run', text: 'VACUUM', params: [] });
  // Whoever else is just copying pages back keeps it from being emptied, and is soon done.
  const until = performance.now() + SCRUB_FOR_MS;
  for (;;) {
    const [state] = await link.do({ kind: 'all', text: 'PRAGMA wal_checkpoint(TRUNCATE)', params: [] });
    if (Number(state?.rows[0]?.[0]) === 0 || performance.now() > until) return;
    await wait(20);
  }
}

async function open(path: string, writing: 'here' | 'thread'): Promise<Link> {
  try {
    makeFolder(dirname(path));
    return await (writing === 'here' || path === ':memory:' ? linkHere(path) : linkToThread(path));
  } catch (cause) {
    throw new DearError('store.unreachable', `The database ${path} cannot be opened: ${messageOf(cause)}.`, {
      mend: 'Set DATABASE_URL to a file that this user may write to, or to postgres://user@host/database.',
      cause,
    });
  }
}

/** Statements and transactions that the log has to be told of. */
function inHaste(mark: Mark, act: Do, begin: Database['transaction'], log: SqliteLog): Database {
  const told = <T>(work: Promise<T>) => work.finally(() => log.wrote());
  return surface(
    mark,
    (ask) => told(act({ ...ask, hasty: true })),
    (work) => told(begin(work)),
  );
}

async function transaction<T>(link: Link, hasty: boolean, work: () => Promise<T>): Promise<T> {
  await link.do({ kind: 'begin', hasty });
  try {
    const result = await work();
    await link.do({ kind: 'commit' });
    return result;
  } catch (error) {
    await link.do({ kind: 'rollback' });
    throw error;
  }
}

function surface(mark: Mark, act: Do, begin: Database['transaction']): Database {
  const one = async (ask: Ask) => (await act(ask))[0] ?? nothing;
  const query = (kind: 'all' | 'run', statement: SQL) => {
    const { sql, params } = compiler.sqlToQuery(statement);
    return one({ kind, text: sql, params: bound(params) });
  };
  const orm: Orm = drizzle(
    async (text, params, method) => {
      const answer = await one({ kind: method === 'run' ? 'run' : 'all', text, params: bound(params) });
      if (method === 'run') return { rows: [answer] };
      return { rows: method === 'get' ? (answer.rows[0] as unknown[]) : answer.rows };
    },
    // drizzle reads the casing from its third parameter only.
    undefined,
    { casing },
  );
  return {
    tables: schema,
    orm,
    phrases: sqlitePhrases,
    mark,
    rows: async <T>(statement: SQL) => objects<T>(await query('all', statement)),
    run: async (statement) => (await query('run', statement)).changes,
    insertMany: (insert, rows) => insertMany(one, insert, rows),
    insertEach: (insert, rows) => insertEach(one, insert, rows),
    forEach: async <T>(statement: RowStatement, rows: readonly BulkRow[]) =>
      objects<T>(await one({ kind: 'each', ...rowText(statement), rows })),
    inOne: async (steps) => {
      const asked = steps.map(({ statement, rows }) => ({ ...rowText(statement), rows }));
      return (await act({ kind: 'steps', steps: asked })).map((answer) => objects(answer));
    },
    transaction: begin,
  };
}

/** Row by row: measured faster than long VALUES lists and than json_each. */
async function insertMany<T>(
  one: (ask: Ask) => Promise<Answer>,
  insert: BulkInsert,
  rows: readonly BulkRow[],
): Promise<{ written: number; rows: T[] }> {
  const returned: T[] = [];
  let written = 0;
  for await (const answer of inTurns(one, insert, rows)) {
    written += answer.changes;
    for (const row of objects<T>(answer)) returned.push(row);
  }
  return { written, rows: returned };
}

async function insertEach(
  one: (ask: Ask) => Promise<Answer>,
  insert: BulkInsert,
  rows: readonly BulkRow[],
): Promise<boolean[]> {
  const written = rows.map(() => true);
  let start = 0;
  for await (const { idle = [] } of inTurns(one, insert, rows)) {
    for (const place of idle) written[start + place] = false;
    start += ROWS_A_TURN;
  }
  return written;
}

async function* inTurns(
  one: (ask: Ask) => Promise<Answer>,
  insert: BulkInsert,
  rows: readonly BulkRow[],
): AsyncGenerator<Answer> {
  const text = insertText(insert);
  for (let start = 0; start < rows.length; start += ROWS_A_TURN) {
    if (start > 0) await breathe();
    const turn = rows.length <= ROWS_A_TURN ? rows : rows.slice(start, start + ROWS_A_TURN);
    yield await one({ kind: 'each', text, rows: turn });
  }
}

function insertText({ columns, into, tail = '' }: BulkInsert): string {
  const names = Object.keys(columns);
  return `INSERT INTO ${into} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ${tail}`;
}

const nothing: Answer = { columns: [], rows: [], changes: 0 };

function objects<T>({ columns, rows }: Answer): T[] {
  return rows.map((row) => {
    const object: Record<string, unknown> = {};
    for (let place = 0; place < columns.length; place += 1) object[columns[place] ?? ''] = row[place];
    return object as T;
  });
}

/** What better-sqlite3 takes as a parameter, from what drizzle hands over. */
function bound(params: readonly unknown[]): unknown[] {
  return params.map((value) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    return value === undefined ? null : value;
  });
}
