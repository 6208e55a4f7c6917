import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export { freePort } from './port.ts';

/** URL of the Redis that all test files share, so use keys of your own; undefined when there is none. */
export function redisUrl(): string | undefined {
  return inject('redisUrl');
}

/** URL of the PostgreSQL that all test files share; undefined when there is none. */
export function postgresUrl(): string | undefined {
  return inject('postgresUrl');
}

/** A new, empty database on the shared PostgreSQL, and how to remove it, whoever is still connected. */
export async function freshPostgresDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const server = postgresUrl();
  if (server === undefined) throw new Error('There is no PostgreSQL: skip this test with describe.skipIf.');
  const name = `dear_test_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => administer(server, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
