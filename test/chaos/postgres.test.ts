import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, type TestContext, test } from 'vitest';
import { jumpingClocks } from './clocks.ts';
import { type Compiled, compileDear } from './compiled.ts';
import { kills } from './kills.ts';
import { outages } from './outages.ts';
import type { Scenario } from './scenario.ts';
import { type FragileServer, flushRedis, fragilePostgres, fragileRedis } from './servers.ts';
import { freezes, stalls } from './stalls.ts';
import { steering } from './steering.ts';
import { form, perform, seed } from './theatre.ts';

let dear: Compiled | undefined;
let postgres: FragileServer | undefined;
let redis: FragileServer | undefined;
beforeAll(async () => {
  [dear, postgres, redis] = await Promise.all([compileDear(), fragilePostgres(), fragileRedis()]);
});
afterAll(() => Promise.all([dear?.remove(), postgres?.close(), redis?.close()]));

/** Two that send, and two schedulers. */
const scheduler = { queues: ['plan', 'record', 'sweep'] };
const team = [{ queues: ['send'] }, { queues: ['send'] }, scheduler, scheduler];

async function play(scenario: Scenario, context: TestContext): Promise<void> {
  if (postgres === undefined || redis === undefined)
    return context.skip('no programs of PostgreSQL and Redis to be found here');
  const [database, queue] = [postgres, redis];
  const servers = async () => {
    await flushRedis(queue.url);
    return { DATABASE_URL: await emptyDatabase(database.url), QUEUE_URL: queue.url };
  };
  await perform(
    { name: 'PostgreSQL with Redis', cli: dear?.cli ?? '', team, postgres, redis, servers },
    scenario,
  );
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

describe(`PostgreSQL with Redis, CHAOS_SEED=${seed}`, () => {
  for (const scenario of form === 'long'
    ? [kills, outages, steering, jumpingClocks, stalls, freezes]
    : [kills, outages, steering]) {
    test(scenario.name, { timeout: 900_000 }, (context) => play(scenario, context));
  }
});
