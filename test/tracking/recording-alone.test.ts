import { expect, test } from 'vitest';
import { openQueues } from '../../src/queue/open.ts';
import { startWorkers } from '../../src/roles.ts';
import { eventually, install } from '../fixtures/installation.ts';

test('a process that does nothing but record looks by itself', async () => {
  const { app, close } = await install({});
  try {
    const now = Date.now();
    await app.arrivals.add([{ kind: 'open', at: now, facts: { send: 7 } }]);
    await app.profiles.ensure(['anna@example.test'], now);
    const [profileId = 0] = (await app.profiles.idsOf(['anna@example.test'])).values();
    const order = (key: string) =>
      app.events.addMany([{ key, profileId, type: 'order', at: now, properties: { total: 1 } }], now);
    await order('1');
    expect(await app.arrivals.count()).toBe(1);
    const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
    const workers = await startWorkers(app, queues, ['record']);
    try {
      await eventually('the arrivals', async () => (await app.arrivals.count()) === 0);
      await eventually('the traits', async () => !(await app.traits.waits()));
      await order('2');
      await eventually('the next look', async () => !(await app.traits.waits()));
    } finally {
      await workers.close();
    }
  } finally {
    await close();
  }
}, 60_000);
