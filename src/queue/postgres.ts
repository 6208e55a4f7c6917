import {
  assertSchemaCompatibility,
  createPostgresBackend,
  DEFAULT_SCHEMA,
  isPgPool,
  LATEST_SCHEMA_VERSION,
  type PgPool,
  type PgPoolClient,
  runMigrations,
  SchemaMigrationRequiredError,
  withBackend,
} from 'bullmq';
import pg from 'pg';
import { type Backend, makeBackend } from './backend.ts';
import { ConnectionLog, type Log } from './log.ts';
import { shownUrl } from './url.ts';

/** BullMQ keeps its tables in a schema of their own; for a pool that it was handed, only its default one will do. */
const searchPath = `SET search_path TO "${DEFAULT_SCHEMA}"`;

/**
 * Connects to PostgreSQL and brings BullMQ's tables up to date; processes that do so at once wait for each other.
 * @throws pg's own error when the server does not answer within `openMs` or refuses.
 */
export async function openPostgres(url: string, log: Log, openMs: number): Promise<Backend> {
  const place = shownUrl(url);
  const connection = new ConnectionLog(log, place);
  const pool = new pg.Pool({
    connectionString: url,
    // Each worker keeps one to listen on; the rest are for statements.
    max: 12,
    connectionTimeoutMillis: openMs,
    query_timeout: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: async (client) => {
      await client.query(searchPath);
      connection.connected();
    },
  });
  pool.setMaxListeners(0);
  pool.on('error', (error) => connection.error(error));
  // A client that is out of the pool has no listener of the pool's, and an error event that nobody hears ends the process.
  pool.on('connect', (client) => client.on('error', (error) => connection.error(error)));
  const shared = asPgPool(pool);
  try {
    await prepare(shared);
  } catch (error) {
    void pool.end();
    throw error;
  }
  return makeBackend({
    place,
    connection,
    classes: withBackend(createPostgresBackend),
    producer: shared,
    consumer: shared,
    alone: (work) => locked(shared, work),
    close: () => pool.end(),
  });
}

/** Two processes that set up the same schedule at once would get in each other's way: BullMQ takes no lock there. */
async function locked<T>(pool: PgPool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  const key = "hashtext('dear:queue')";
  let broken = true;
  try {
    await client.query(`SELECT pg_advisory_lock(${key})`);
    const result = await work().finally(() => client.query(`SELECT pg_advisory_unlock(${key})`));
    broken = false;
    return result;
  } finally {
    client.release(broken);
  }
}

/** pg's types and BullMQ's picture of them differ in how they write overloads, not in what they say. */
function asPgPool(pool: unknown): PgPool {
  if (!isPgPool(pool)) throw new TypeError('This is not a pool of pg.');
  return pool;
}

/** Migrates only where there is something to migrate, since that needs rights that looking does not. */
async function prepare(pool: PgPool): Promise<void> {
  const client = await pool.connect();
  try {
    if ((await schemaVersion(client)) < LATEST_SCHEMA_VERSION) await runMigrations(client, DEFAULT_SCHEMA);
  } finally {
    client.release();
  }
}

async function schemaVersion(client: PgPoolClient): Promise<number> {
  try {
    return await assertSchemaCompatibility(client, DEFAULT_SCHEMA);
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0;
    throw error;
  }
}
