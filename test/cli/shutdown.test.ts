import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { planRun } from '../../src/campaigns/planner.ts';
import { reportOf } from '../../src/campaigns/report.ts';
import { eventually, type Installation, install } from '../fixtures/installation.ts';
import { openSink } from '../fixtures/sink.ts';

const READERS = 60;
const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

/** `dear` as a process of its own, on the same data as an installation in this one. */
function dear(words: string[], here: Installation, environment: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', resolve('src/cli/dear.ts'), ...words], {
    env: {
      ...process.env,
      DATA_DIR: here.app.config.dataDir,
      HTTP_PORT: '0',
      INBOUND_PORT: '0',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ends.push(async () => child.kill('SIGKILL'));
  return child;
}

async function filled(environment: Record<string, string>): Promise<Installation> {
  const here = await install(environment);
  ends.push(here.close);
  const now = Date.now();
  const readers = Array.from({ length: READERS }, (_, index) => ({
    email: `reader-${index}@example.test`,
    attributes: { firstName: `Reader ${index}` },
    consents: [{ topic: 'offers', state: 'in' as const, at: now, source: 'test' }],
  }));
  await here.app.profiles.upsertMany(readers, now);
  return here;
}

test('SIGTERM: letters in flight finish, nothing new starts, and the next process goes on', {
  timeout: 180_000,
}, async () => {
  const sink = await openSink(undefined, 0, 150);
  ends.push(sink.close);
  const environment = { SMTP_URL: sink.url, SMTP_CONNECTIONS: '2' };
  const here = await filled(environment);
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);

  const first = dear(['up'], here, environment);
  await eventually('some letters are gone', async () => sink.mails.length >= 4, 60_000);
  first.kill('SIGTERM');
  const [code] = await once(first, 'exit');
  expect(code).toBe(0);
  const { states } = await reportOf(here.app.ledger, run);
  expect(states).toMatchObject({ sending: 0, unknown: 0, accepted: sink.mails.length });
  expect(states.queued).toBe(READERS - sink.mails.length);
  expect(states.queued).toBeGreaterThan(0);

  await here.app.runs.step(run.id, ['running'], 'paused');
  const second = dear(['work', 'send', 'sweep'], here, environment);
  await once(second.stdout ?? second, 'data');
  const paused = sink.mails.length;
  await new Promise((later) => setTimeout(later, 1500));
  expect(sink.mails.length).toBe(paused);

  await here.app.runs.step(run.id, ['paused'], 'running');
  await eventually(
    'the run finishes',
    async () => (await here.app.runOf('greeting')).state === 'finished',
    60_000,
  );
  expect(sink.mails.length).toBe(READERS);
  expect(new Set(sink.mails.map((mail) => mail.to)).size).toBe(READERS);
  second.kill('SIGTERM');
  expect((await once(second, 'exit'))[0]).toBe(0);
});

test('pausing in the middle stops letters, cancelling ends them, and the counts add up', {
  timeout: 120_000,
}, async () => {
  const sink = await openSink(undefined, 0, 40);
  ends.push(sink.close);
  const here = await filled({ SMTP_URL: sink.url, SMTP_CONNECTIONS: '1' });
  const running = await here.up();
  ends.push(running.close);
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);
  await eventually('some letters are gone', async () => sink.mails.length >= 3);
  await here.app.runs.step(run.id, ['running'], 'paused');
  await eventually(
    'none is in flight',
    async () => (await reportOf(here.app.ledger, run)).states.sending === 0,
  );
  const sent = sink.mails.length;
  expect(sent).toBeLessThan(READERS);
  await new Promise((later) => setTimeout(later, 500));
  expect(sink.mails.length).toBe(sent);
  await here.app.runs.step(run.id, ['paused'], 'cancelled');
  await here.app.runs.skipOpen(run.id, 'cancelled');
  const report = await reportOf(here.app.ledger, run);
  expect(report.states).toMatchObject({ accepted: sent, skipped: READERS - sent, queued: 0, sending: 0 });
  expect(report.skipped.cancelled).toBe(READERS - sent);
});
