import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { jumpingClocks } from './clocks.ts';
import { type Compiled, compileDear } from './compiled.ts';
import { cancel, pause, resolve } from './decisions.ts';
import { kills } from './kills.ts';
import { outages } from './outages.ts';
import type { Scenario } from './scenario.ts';
import { type FragileServer, flushRedis, fragilePostgres, fragileRedis } from './servers.ts';
import { freezes, stalls } from './stalls.ts';
import { steering } from './steering.ts';
import { form, perform, seed } from './theatre.ts';

/** Two that send, and two schedulers. */
const scheduler = { command: ['work', 'plan', 'record', 'sweep'] };
const team = [{ command: ['work', 'send'] }, { command: ['work', 'send'] }, scheduler, scheduler];

const short: readonly Scenario[] = [kills, outages, steering, cancel, pause, resolve];
const long: readonly Scenario[] = [...short, jumpingClocks, stalls, freezes];

/** Plays on PostgreSQL with one of its queues: on Redis, or beside the ledger in the same database. */
export function onPostgres(queue: 'Redis' | 'PostgreSQL', inShort: readonly Scenario[] = short): void {
  let dear: Compiled | undefined;
  let postgres: FragileServer | undefined;
  let redis: FragileServer | undefined;
  beforeAll(async () => {
    const jobs = queue === 'Redis' ? fragileRedis() : undefined;
    [dear, postgres, redis] = await Promise.all([compileDear(), fragilePostgres(), jobs]);
  });
  afterAll(() => Promise.all([dear?.remove(), postgres?.close(), redis?.close()]));

  const play = async (scenario: Scenario, context: TestContext) => {
    if (postgres === undefined || (queue === 'Redis' && redis === undefined))
      return context.skip(
        `no programs of PostgreSQL${queue === 'Redis' ? ' and Redis' : ''} to be found here`,
      );
    const database = postgres;
    const servers = async () => {
      if (redis !== undefined) await flushRedis(redis.url);
      const url = await emptyDatabase(database.url);
      return { DATABASE_URL: url, QUEUE_URL: redis?.url ?? url };
    };
    const cli = dear?.cli ?? '';
    await perform({ name: `PostgreSQL with ${queue}`, cli, team, postgres, redis, servers }, scenario);
  };

  describe(`PostgreSQL with the queue on ${queue}, CHAOS_SEED=${seed}`, () => {
    for (const scenario of form === 'long' ? long : inShort) {
      test(scenario.name, { timeout: 900_000 }, (context) => play(scenario, context));
    }
  });
}

async function emptyDatabase(server: string): Promise<string> {
  const name = `chaos_${randomBytes(6).toString('hex')}`;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.toString();
}
