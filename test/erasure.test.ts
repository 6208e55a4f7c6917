import { afterAll, describe, expect, test } from 'vitest';
import { planRun } from '../src/campaigns/planner.ts';
import { reportOf } from '../src/campaigns/report.ts';
import { databases } from './fixtures/environments.ts';
import { eventually, install } from './fixtures/installation.ts';
import { openSink } from './fixtures/sink.ts';

const ends: Array<() => Promise<unknown>> = [];
const environments = databases(ends);
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const COUNT = 12;
const SLOWNESS_MS = 400;
const address = (index: number) => `reader-${index}@example.test`;

describe.each(Object.keys(environments))('erasing people while their letters leave, on %s', (kind) => {
  test('what left counts as what it was, what waited never leaves', { timeout: 120_000 }, async (context) => {
    const environment = await environments[kind]?.();
    if (environment === undefined) return context.skip('no PostgreSQL to be found here');
    const sink = await openSink(undefined, 0, SLOWNESS_MS);
    const here = await install({ ...environment, SMTP_URL: sink.url, SMTP_CONNECTIONS: '1' });
    ends.push(here.close, sink.close);
    const { app } = here;
    const now = Date.now();
    await app.profiles.upsertMany(
      Array.from({ length: COUNT }, (_, index) => ({
        email: address(index),
        attributes: { firstName: `Name${index}` },
        consents: [{ topic: 'offers', state: 'in' as const, at: now - 1000, source: 'test' }],
      })),
      now,
    );
    const ids = await app.profiles.idsOf(Array.from({ length: COUNT }, (_, index) => address(index)));
    await app.events.addMany(
      [...ids.values()].map((profileId) => ({
        key: `order-${profileId}`,
        profileId,
        type: 'order',
        at: now - 5000,
        properties: { product: 'Lamp' },
      })),
      now,
    );
    const run = await app.launch('greeting', false);
    await planRun(app.planner, run.id);
    const running = await here.up();
    ends.push(running.close);
    const stateOf = async (id: number) => (await app.ledger.sendOf(run.id, id))?.state;
    const inState = async (state: string) => {
      for (const id of ids.values()) if ((await stateOf(id)) === state) return id;
      return undefined;
    };
    let leaving: number | undefined;
    await eventually('a letter is on its way', async () => {
      leaving = await inState('sending');
      return leaving !== undefined;
    });
    const waiting = await inState('queued');
    if (leaving === undefined || waiting === undefined) throw new Error('the sink is too fast for this test');
    const emailOf = (id: number) => [...ids].find(([, one]) => one === id)?.[0] ?? '';
    const [gone, stopped] = await Promise.all([
      app.privacy.erase(leaving, 'test'),
      app.privacy.erase(waiting, 'test'),
    ]);
    expect(gone).toMatchObject({ unknown: 0, removed: { profiles: 1, sends: 1 } });
    expect(stopped).toMatchObject({ skipped: 1, removed: { profiles: 1, sends: 1 } });
    await eventually(
      'the run finishes',
      async () => (await app.runOf('greeting')).state === 'finished',
      90_000,
    );
    const report = await reportOf(app.ledger, run);
    expect(report).toMatchObject({ audience: COUNT, states: { accepted: COUNT - 1, skipped: 1 } });
    expect(report.skipped).toMatchObject({ erased: 1 });
    const receivers = sink.mails.map(({ to }) => to);
    expect(receivers).toContain(emailOf(leaving));
    expect(receivers).not.toContain(emailOf(waiting));
    expect(new Set(receivers).size).toBe(COUNT - 1);
  });
});
