import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, test } from 'vitest';
import { planRun } from '../../src/campaigns/planner.ts';
import type { Output } from '../../src/cli/output.ts';
import { readyToSend, sendHere } from '../../src/cli/send-here.ts';
import { showStatus } from '../../src/cli/status.ts';
import { openQueues } from '../../src/queue/open.ts';
import { startWorkers } from '../../src/roles.ts';
import { eventually, install } from '../fixtures/installation.ts';
import { openSink, type Sink } from '../fixtures/sink.ts';

const READERS = 40;
const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Where a command may say something, and its remarks. */
function heard(): { out: Output; notes: string[] } {
  const notes: string[] = [];
  const nothing = () => undefined;
  return {
    out: { json: true, say: nothing, data: nothing, table: nothing, note: (line) => notes.push(line) },
    notes,
  };
}

async function launched(sink: Sink, environment: Record<string, string> = {}) {
  ends.push(sink.close);
  const here = await install({ SMTP_URL: sink.url, ...environment });
  ends.push(here.close);
  const at = Date.now();
  const consents = [{ topic: 'offers', state: 'in' as const, at, source: 'test' }];
  await here.app.profiles.upsertMany(
    Array.from({ length: READERS }, (_, index) => ({
      email: `reader-${index}@domain-${index % 5}.example`,
      attributes: { firstName: `Reader ${index}` },
      consents,
    })),
    at,
  );
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);
  return { app: here.app, run };
}

describe('sending from the command that launches', { timeout: 60_000 }, () => {
  test('ends with the reason when the campaign is stopped, here because nobody may be written to', async () => {
    const sink = await openSink((address) => [554, `5.7.1 <${address}>: Relay access denied`]);
    const { app, run } = await launched(sink);
    const { out } = heard();
    await expect(sendHere(app, out, run.id, await readyToSend(app))).rejects.toMatchObject({
      code: 'campaign.stopped',
      message: expect.stringContaining('rule against the sender: "554 5.7.1 <…>: Relay access denied"'),
    });
    const { state } = await app.runOf('greeting');
    expect(state).toBe('paused');
    const counts = await app.ledger.counts(run.id);
    const failed = counts.filter((one) => one.state === 'failed').reduce((sum, { count }) => sum + count, 0);
    expect(failed).toBeGreaterThanOrEqual(10);
    expect(failed).toBeLessThan(READERS);
  });

  test('goes on with the other server when one refuses everybody, and says so', async () => {
    const strict = await openSink((address) => [550, `5.7.1 <${address}>: Relay access denied`]);
    ends.push(strict.close);
    const free = await openSink((address) =>
      address.startsWith('reader-7@') ? [450, '4.2.1 come back later'] : undefined,
    );
    const { app, run } = await launched(free, {
      SMTP_URL: `${strict.url} ${free.url}`,
      SMTP_CONNECTIONS: '3',
      RETRY_FIRST_SECONDS: '1',
    });
    const { out } = heard();
    const sending = sendHere(app, out, run.id, await readyToSend(app));
    await eventually('all but one are sent', async () => free.mails.length === READERS - 1);
    const said: string[] = [];
    await showStatus(app, { ...out, say: (line = '') => said.push(line) }, 'greeting');
    expect(said.join('\n')).toContain(
      `${new URL(strict.url).host} refuses letters by a rule of its own ("550 5.7.1 <…>: Relay access denied")`,
    );
    expect(await app.ledger.counts(run.id)).toEqual([
      { state: 'accepted', reason: undefined, count: READERS - 1 },
      expect.objectContaining({ count: 1 }),
    ]);
    await app.runs.step(run.id, ['running'], 'paused');
    await expect(sending).rejects.toThrow(/The campaign is paused/);
  });

  test('ends when somebody pauses the campaign', async () => {
    const sink = await openSink(undefined, 0, 100);
    const { app, run } = await launched(sink, { SMTP_CONNECTIONS: '1' });
    const { out } = heard();
    const sending = sendHere(app, out, run.id, await readyToSend(app));
    sending.catch(() => undefined);
    await wait(500);
    await app.runs.step(run.id, ['running'], 'paused');
    await expect(sending).rejects.toThrow(/The campaign is paused/);
  });

  test('waits for letters that a limit puts off by seconds, and tells what waits longer', async () => {
    const sink = await openSink((address) =>
      address.startsWith('reader-7@') ? [450, '4.2.1 come back later'] : undefined,
    );
    const { app, run } = await launched(sink, { SMTP_RATE: '20/s', RETRY_FIRST_SECONDS: '600' });
    const { out, notes } = heard();
    await sendHere(app, out, run.id, await readyToSend(app));
    expect(sink.mails).toHaveLength(READERS - 1);
    expect(notes.join('\n')).toContain('1 letter still waits');
  });
});

describe('workers', () => {
  test('that cannot start leave nothing running behind', async () => {
    const sink = await openSink();
    const { app } = await launched(sink);
    const file = join(app.config.dataDir, 'dear.db');
    const handle = new Sqlite(file);
    handle.exec('DROP TABLE notices');
    handle.close();
    const queues = await openQueues({ url: app.config.queueUrl, log: app.log });
    await expect(startWorkers(app, queues, ['send', 'record', 'sweep'])).rejects.toThrow(/notices/);
    await expect(queues.add('sweep', [{ payload: {} }])).rejects.toMatchObject({ code: 'queue.closed' });
  });
});
