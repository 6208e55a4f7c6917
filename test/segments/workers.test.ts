import { expect, test } from 'vitest';
import { openQueues } from '../../src/queue/open.ts';
import { startWorkers } from '../../src/roles.ts';
import { parseRule } from '../../src/segments/rule.ts';
import { eventually, install } from '../fixtures/installation.ts';

const DAY = 86_400_000;

test('workers fold traits and tell who enters a followed segment', async () => {
  const { app, up, close } = await install({ FOLLOW_MINUTES: '0.01' });
  try {
    const now = Date.now();
    await app.profiles.ensure(['anna@example.test', 'ben@example.test'], now);
    const ids = await app.profiles.idsOf(['anna@example.test', 'ben@example.test']);
    const anna = ids.get('anna@example.test') ?? 0;
    const order = (key: string, total: number) =>
      app.events.addMany(
        [{ key, profileId: anna, type: 'order', at: now - DAY, properties: { total } }],
        now,
      );
    const rule = parseRule({ trait: 'orderTotal', gte: 100 }, 'rule');
    await app.segments.save({ name: 'spenders', about: undefined, rule, follow: true }, now);
    await order('1', 60);
    const running = await up();
    try {
      await eventually(
        'the first look',
        async () => (await app.segments.get('spenders')).followedAt !== undefined,
      );
      await eventually('the fold', async () => !(await app.traits.waits()));
      expect(await app.events.summary(anna)).toMatchObject([{ type: 'order' }]);
      await order('2', 50);
      await eventually('an event', async () =>
        (await app.events.summary(anna)).some(({ type }) => type === 'entered'),
      );
      const [newest] = await app.events.timeline(anna, 1);
      expect(newest).toMatchObject({ type: 'entered', properties: { segment: 'spenders' } });
      await eventually('the second fold', async () => !(await app.traits.waits()));
    } finally {
      await running.close();
    }
  } finally {
    await close();
  }
}, 120_000);

test('a process that does nothing but follow looks by itself', async () => {
  const { app, close } = await install({ FOLLOW_MINUTES: '0.01' });
  try {
    const rule = parseRule({ everyone: true }, 'rule');
    await app.segments.save({ name: 'all', about: undefined, rule, follow: true }, Date.now());
    const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
    const workers = await startWorkers(app, queues, ['follow']);
    try {
      await eventually('the look', async () => (await app.segments.get('all')).followedAt !== undefined);
    } finally {
      await workers.close();
    }
  } finally {
    await close();
  }
}, 60_000);
