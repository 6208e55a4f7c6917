import { afterAll, describe, expect, test } from 'vitest';
import { planRun } from '../../src/campaigns/planner.ts';
import { eventually, install } from '../fixtures/installation.ts';
import { openSink } from '../fixtures/sink.ts';
import { freshPostgresDatabase, postgresUrl } from '../servers/index.ts';

const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** A running campaign to readers of a destination that takes 2 letters a second, and the mailbox of all. */
async function campaign(environment: Record<string, string>, readers: number) {
  const sink = await openSink();
  ends.push(sink.close);
  const limits = { DELIVERY_LIMITS: 'slow.test=2/s burst=2', SMTP_CONNECTIONS: '2' };
  const here = await install({ SMTP_URL: sink.url, ...limits, ...environment });
  ends.push(here.close);
  const consents = [{ topic: 'offers', state: 'in' as const, at: Date.now() - 1000, source: 'test' }];
  await here.app.profiles.upsertMany(
    Array.from({ length: readers }, (_, index) => ({
      email: `reader-${index}@slow.test`,
      attributes: { firstName: 'Ann' },
      consents,
    })),
    Date.now(),
  );
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);
  const running = await here.up();
  ends.push(running.close);
  await eventually('letters leave', async () => sink.mails.length >= 4);
  const isFirst = (to: string) => to.startsWith('new-');
  const ask = (count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        here.app.signUp({
          email: `new-${index}@slow.test`,
          topics: ['offers'],
          source: 'test',
          at: Date.now(),
        }),
      ),
    );
  const arrived = (firsts: boolean) => sink.mails.filter(({ to }) => isFirst(to) === firsts).length;
  return { sink, ask, arrived };
}

function contract(database: () => Promise<Record<string, string>>): void {
  test('a letter that asks overtakes all that wait for the same destination, within its rate', async () => {
    const { ask, arrived, sink } = await campaign(await database(), 60);
    const began = Date.now();
    await ask(1);
    await eventually('it comes', async () => arrived(true) === 1);
    const took = Date.now() - began;
    expect(took, 'the others need half a minute').toBeLessThan(5000);
    expect(arrived(false)).toBeLessThan(30);
    expect(sink.mails.length).toBeLessThan(60);
  });

  test('many of them leave their part to the campaign', async () => {
    const { ask, arrived } = await campaign(await database(), 60);
    await ask(40);
    const before = [arrived(true), arrived(false)] as const;
    const seconds = 12;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const [asked, others] = [arrived(true) - before[0], arrived(false) - before[1]];
    expect(asked, 'three quarters at most, and its burst').toBeLessThanOrEqual(1.5 * seconds + 2);
    expect(asked).toBeGreaterThanOrEqual(seconds / 2);
    expect(others, 'a quarter, as far as it was there to take it').toBeGreaterThanOrEqual(3);
    expect(asked + others).toBeLessThanOrEqual(2 * seconds + 4);
  });
}

describe('on SQLite', () => contract(async () => ({})));

describe.skipIf(postgresUrl() === undefined)('on PostgreSQL', () =>
  contract(async () => {
    const database = await freshPostgresDatabase();
    ends.push(database.drop);
    return { DATABASE_URL: database.url };
  }),
);
