import type { TestProject } from 'vitest/node';
import { warnWithoutChromium } from './chromium.ts';
import { pingPostgres, startPostgres } from './postgres.ts';
import type { RunningServer } from './process.ts';
import { pingRedis, startRedis } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    redisUrl: string | undefined;
    postgresUrl: string | undefined;
  }
}

interface Wanted {
  readonly name: string;
  readonly variable: string;
  readonly debian: string;
  readonly ping: (url: string) => Promise<void>;
  readonly start: () => Promise<RunningServer | undefined>;
}

const redis: Wanted = {
  name: 'Redis',
  variable: 'REDIS_TEST_URL',
  debian: 'redis-server',
  ping: pingRedis,
  start: startRedis,
};

const postgres: Wanted = {
  name: 'PostgreSQL',
  variable: 'POSTGRES_TEST_URL',
  debian: 'postgresql',
  ping: pingPostgres,
  start: startPostgres,
};

/** Finds or starts the servers that the tests run against, once for all test files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  warnWithoutChromium();
  const results = await Promise.allSettled([find(redis), find(postgres)]);
  const servers = results.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  const stop = async () => {
    await Promise.all(servers.map((server) => server?.stop()));
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  project.provide('redisUrl', servers[0]?.url);
  project.provide('postgresUrl', servers[1]?.url);
  return stop;
}

/** A server that was given must answer; one that nobody gave or installed is skipped, in one line. */
async function find(wanted: Wanted): Promise<RunningServer | undefined> {
  const given = process.env[wanted.variable];
  if (given) {
    await wanted.ping(given).catch((cause: unknown) => {
      throw new Error(`${wanted.variable} names a ${wanted.name} that does not answer.`, { cause });
    });
    return { url: given, stop: async () => undefined };
  }
  const server = await wanted.start();
  if (server) return server;
  const mend = `install ${wanted.debian}, or point ${wanted.variable} at a server that the tests may fill`;
  if (process.env.REQUIRE_TEST_SERVERS) throw new Error(`The tests need ${wanted.name}: ${mend}.`);
  console.warn(`Tests that need ${wanted.name} are skipped: ${mend}.`);
  return undefined;
}
