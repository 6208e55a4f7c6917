import { expect, test } from 'vitest';
import { openQueues } from '../../src/queue/open.ts';
import type { QueueName } from '../../src/queue/port.ts';
import { startWorkers } from '../../src/roles.ts';
import { eventually, install } from '../fixtures/installation.ts';
import { openSink } from '../fixtures/sink.ts';

test('processes that do nothing but plan, or but send, look by themselves', async () => {
  const sink = await openSink();
  const { app, close } = await install({ SMTP_URL: sink.url });
  const ends = [sink.close, close];
  /** As in a process of its own: nobody else asks its embedded queue for anything. */
  const alone = async (name: QueueName) => {
    const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
    const workers = await startWorkers(app, queues, [name]);
    ends.unshift(workers.close);
  };
  try {
    const at = Date.now() - 1000;
    const consents = [{ topic: 'offers', state: 'in' as const, at, source: 'test' }];
    await app.profiles.upsertMany(
      ['ann', 'bob'].map((name) => ({
        email: `${name}@example.test`,
        attributes: { firstName: name },
        consents,
      })),
      at,
    );
    await app.launch('greeting', false);
    await alone('plan');
    await eventually('the plan', async () => (await app.runOf('greeting')).state === 'running');
    expect(sink.mails).toEqual([]);
    await alone('send');
    await eventually('both letters', async () => sink.mails.length === 2);
  } finally {
    for (const end of ends) await end();
  }
}, 60_000);
