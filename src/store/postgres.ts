import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fillPlaceholders, type SQL, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { PgDialect } from 'drizzle-orm/pg-core';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { DearError, messageOf } from '../errors.ts';
import type { Mark } from '../profiles/mark.ts';
import { loadPostgres } from './bulk-postgres.ts';
import type {
  BulkInsert,
  BulkRow,
  Database,
  Orm,
  RowStatement,
  RowTerms,
  Store,
  Values,
} from './database.ts';
import { onceEach } from './once-each.ts';
import { packageRoot } from './package-root.ts';
import { insertEachPostgres, insertManyPostgres } from './postgres-bulk.ts';
import { postgresPhrases } from './postgres-phrases.ts';
import { inTransaction } from './postgres-transaction.ts';
import * as schema from './schema/postgres.ts';

const casing = 'snake_case';
const compiler = new PgDialect({ casing });
const MIGRATION_LOCK = 4_341_001;
const INT8 = 20;
const NUMERIC = 1700;

/** Our whole numbers stay below 2^53, and sums come back as numbers like on SQLite. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/**
 * Opens (and migrates) the PostgreSQL database at `url`.
 * @throws DearError `store.unreachable` when the server does not answer or refuses.
 */
export async function openPostgres(url: string, mark: Mark): Promise<Store> {
  // What is asked on one connection without waiting in between travels together.
  const pool = poolOf(url, { max: 10, pipeline: true });
  // A cursor waits between its reads, so it cannot share a connection in that way.
  const scans = poolOf(url, { max: 4 });
  const end = async () => {
    await scans.end();
    await pool.end();
  };
  try {
    await applyMigrations(pool);
  } catch (cause) {
    await end().catch(() => undefined);
    throw new DearError(
      'store.unreachable',
      `The database ${withoutPassword(url)} does not answer: ${messageOf(cause)}.`,
      {
        mend: 'Start it or correct DATABASE_URL; without DATABASE_URL Dear keeps its data in a SQLite file.',
        cause,
      },
    );
  }
  const whole = surface(pool, mark, (work) => inTransaction(pool, (client) => work(surface(client, mark))));
  return {
    ...whole,
    // The server waits for its disk, for many clients at once, while others go on.
    hasty: whole,
    kept: async () => undefined,
    scan: (query, chunkSize = 1000) => scan(scans, query, chunkSize),
    together: (queries, values) => together(pool, queries, values),
    bulk: undefined,
    load: (loads) => loadPostgres(pool, loads),
    // Dead rows are autovacuum's, and the write-ahead log the administrator's: nothing of a client's reaches them.
    scrub: async () => undefined,
    close: end,
  };
}

function poolOf(url: string, more: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: 5000,
    types,
    // Compiling a segment's many small subqueries takes a hundred times longer than running them.
    onConnect: (client) => client.query('SET jit = off'),
    ...more,
  });
  // A connection that idles may be cut by the server; the next query opens another.
  pool.on('error', () => undefined);
  // One that is out of the pool has no listener of the pool's, and an error event that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

const noNesting: Database['transaction'] = () => {
  throw new DearError('store.nested', 'A transaction was begun inside a transaction.');
};

/** @param begin absent inside a transaction */
function surface(client: pg.Pool | pg.PoolClient, mark: Mark, begin?: Database['transaction']): Database {
  const query = <T extends pg.QueryResultRow>(statement: SQL) => {
    const { sql, params } = compiler.sqlToQuery(statement);
    return client.query<T>(sql, params);
  };
  const each = async (statement: RowStatement, rows: readonly BulkRow[]): Promise<unknown[]> => {
    if (rows.length === 0) return [];
    const columns = Object.keys(statement.columns).map((_, index) => rows.map((row) => row[index] ?? null));
    return (await client.query({ ...rowQuery(statement), values: columns })).rows;
  };
  return {
    // The schema's cast (see postgres-columns.ts) and this one make the two databases one to the rest of store/.
    tables: schema,
    orm: drizzle(client, { casing }) as unknown as Orm,
    phrases: postgresPhrases,
    mark,
    rows: async <T>(statement: SQL) => (await query(statement)).rows as T[],
    run: async (statement) => (await query(statement)).rowCount ?? 0,
    insertMany: <T>(insert: BulkInsert, rows: readonly BulkRow[]) =>
      insertManyPostgres<T>(client, insert, rows),
    insertEach: (insert, rows) => insertEachPostgres(client, insert, rows),
    forEach: async <T>(statement: RowStatement, rows: readonly BulkRow[]) =>
      (await each(statement, rows)) as T[],
    inOne: (steps) =>
      begin === undefined
        ? Promise.all(steps.map(({ statement, rows }) => each(statement, rows)))
        : begin((tx) => tx.inOne(steps)),
    transaction: begin ?? noNesting,
  };
}

const nameOf = (text: string) => createHash('sha1').update(text).digest('hex');

const rowTerms: RowTerms = {
  of: (column) => sql.raw(`v.${column}`),
  from: (...tables) => sql.raw(`FROM ${['v', ...tables].join(', ')}`),
};

/** The statement for all rows at once, named so that each connection prepares it once. */
const rowQuery = onceEach((statement: RowStatement) => {
  const columns = Object.entries(statement.columns);
  const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`);
  const { sql } = compiler.sqlToQuery(statement.body(postgresPhrases, rowTerms));
  const text = `WITH v(${columns.map(([name]) => name).join(', ')}) AS (SELECT * FROM unnest(${arrays.join(', ')})) ${sql}`;
  return { name: nameOf(text), text };
});

/** One statement, and so one snapshot and one trip, that gives the rows of each query as JSON. */
const asOne = onceEach((queries: readonly SQL[]) => {
  const parts = queries.map(
    (query, place) =>
      sql`(SELECT coalesce(json_agg(part), '[]') FROM (${query}) part) AS ${sql.identifier(`p${place}`)}`,
  );
  const { sql: text, params } = compiler.sqlToQuery(sql`SELECT ${sql.join(parts, sql`, `)}`);
  // Named, so that each connection plans it only a few times: that takes ten times as long as running it.
  return { name: nameOf(text), text, params };
});

async function together<T extends readonly unknown[][]>(
  pool: pg.Pool,
  queries: readonly SQL[],
  places: Values = {},
): Promise<T> {
  const { name, text, params } = asOne(queries);
  const values = fillPlaceholders(params, places);
  const { rows } = await pool.query<Record<string, unknown[]>>({ name, text, values });
  return queries.map((_, place) => rows[0]?.[`p${place}`] ?? []) as readonly unknown[][] as T;
}

async function* scan<T>(pool: pg.Pool, statement: SQL, chunkSize: number): AsyncGenerator<T[]> {
  const { sql, params } = compiler.sqlToQuery(statement);
  const client = await pool.connect();
  const cursor = client.query(new Cursor(sql, params, { types }));
  let broken = true;
  try {
    for (;;) {
      const rows = await cursor.read(chunkSize);
      if (rows.length === 0) break;
      yield rows as T[];
    }
    broken = false;
  } finally {
    await cursor.close().catch(() => undefined);
    client.release(broken);
  }
}

async function applyMigrations(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: join(packageRoot(), 'migrations', 'postgres') });
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    client.release();
  }
}

function withoutPassword(url: string): string {
  const parsed = new URL(url);
  if (parsed.password) parsed.password = '***';
  return parsed.toString();
}
