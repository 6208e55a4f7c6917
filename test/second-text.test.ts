import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { planRun } from '../src/campaigns/planner.ts';
import { reportOf } from '../src/campaigns/report.ts';
import { dear } from './cli/run.ts';
import { mailbox } from './delivery/mailbox.ts';
import { databases } from './fixtures/environments.ts';
import { eventually, install, testTemplates } from './fixtures/installation.ts';
import { addReaders } from './fixtures/readers.ts';

const READERS = 40;
const TAKEN_FIRST = 6;
const BAD = 'Win a prize';
const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A server that finds out after some letters that it does not like a phrase. */
async function choosyServer() {
  const letters: Buffer[] = [];
  const box = await mailbox({
    onData: (stream, _session, callback) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const letter = Buffer.concat(chunks);
        const isBad = letter.includes(BAD) && letters.length >= TAKEN_FIRST;
        if (!isBad) letters.push(letter);
        const refusal = Object.assign(new Error('5.7.1 message content rejected'), { responseCode: 554 });
        callback(isBad ? refusal : null);
      });
    },
  });
  ends.push(box.close);
  return { url: `smtp://127.0.0.1:${box.port}?tls=never`, letters };
}

/** A campaign whose module has the bad phrase, launched, with workers running. */
async function stopped(database: Record<string, string>) {
  const server = await choosyServer();
  const cwd = await mkdtemp(join(tmpdir(), 'dear-second-text-'));
  ends.push(() => rm(cwd, { recursive: true, force: true }));
  const templates = join(cwd, 'templates');
  await cp(testTemplates, templates, { recursive: true });
  const module = join(templates, 'modules', 'hello.mjml');
  const good = await readFile(module, 'utf8');
  await writeFile(module, good.replace("default: 'Hello", `default: '${BAD}, dear`));
  const here = await install({ ...database, SMTP_URL: server.url, WRITER_THREADS: '1' }, templates);
  ends.push(here.close);
  await addReaders(here.app, READERS);
  const running = await here.up();
  ends.push(running.close);
  const run = await here.app.launch('greeting', false);
  await planRun(here.app.planner, run.id);
  await eventually('the run stops', async () => (await here.app.runOf('greeting')).state === 'paused');
  await eventually('nothing is on its way', async () => (await states()).sending === 0);
  async function states() {
    return (await reportOf(here.app.ledger, run)).states;
  }
  const command = (...words: string[]) =>
    dear(words, cwd, { ...database, DATA_DIR: here.app.config.dataDir, SMTP_URL: server.url });
  const file = join(templates, 'campaigns', 'greeting', 'campaign.yaml');
  return { ...here, run, server, states, command, module, good, file };
}

const environments = databases(ends);

describe.each(Object.keys(environments))('a campaign whose letters are refused, on %s', (kind) => {
  test('goes on with a mended text, and what was refused goes again', {
    timeout: 90_000,
  }, async (context) => {
    const database = await environments[kind]?.();
    if (database === undefined) return context.skip('no PostgreSQL to be found here');
    const { app, run, server, states, command, module, good, file } = await stopped(database);
    const { reason } = await app.runOf('greeting');
    expect(reason).toContain('mend the text, then `dear campaign resume greeting --with-changes`');
    const { failed } = await states();
    expect(failed).toBeGreaterThanOrEqual(10);

    await writeFile(module, good);
    await writeFile(file, (await readFile(file, 'utf8')).replace('1 Test Street', '2 New Street'));
    const resumed = await command('campaign', 'resume', 'greeting', '--with-changes');
    expect(resumed).toMatchObject({ code: 0, err: '' });
    expect(resumed.out).toContain(
      `${failed} failed before: \`dear campaign resolve greeting --failed resend\``,
    );
    await eventually('the run finishes', async () => (await app.runOf('greeting')).state === 'finished');
    expect(await states()).toMatchObject({ accepted: READERS - failed, failed });

    expect((await command('campaign', 'resume', 'greeting', '--with-changes')).err).toContain(
      '`dear campaign resolve greeting --failed resend`',
    );
    const resolved = await command('campaign', 'resolve', 'greeting', '--failed', 'resend');
    expect(resolved.out).toContain(
      `${failed} letters of 'greeting' that no server took wait to be sent again.`,
    );
    await eventually('it finishes again', async () => (await app.runOf('greeting')).state === 'finished');
    expect(await states()).toMatchObject({ accepted: READERS, failed: 0, unknown: 0 });

    const ids = await app.ledger.acceptedIds(run.id, READERS);
    const shown = await Promise.all(ids.map((id) => app.showSend(id)));
    expect(shown.every(({ identical }) => identical)).toBe(true);
    const raw = (bytes: Buffer) => bytes.toString('latin1');
    expect(shown.map(({ bytes }) => raw(bytes)).sort()).toEqual(server.letters.map(raw).sort());
    expect(shown.filter(({ bytes }) => bytes.includes(BAD))).toHaveLength(TAKEN_FIRST);
    const moved = shown.filter(({ bytes }) => bytes.includes('2 New Street'));
    expect(moved).toHaveLength(READERS - TAKEN_FIRST);
    const audit = await app.audit.list({ subject: 'campaign:greeting', limit: 9 });
    expect(audit.map(({ action, detail }) => [action, detail])).toEqual([
      ['change', { run: run.id, resolved: failed, how: 'resend', left: {} }],
      ['change', { run: run.id, text: READERS - TAKEN_FIRST - failed }],
    ]);
  });
});

test('mistakes in the files, and what cannot change, are told before anything happens', {
  timeout: 60_000,
}, async () => {
  const { app, command, module, good, file, states } = await stopped({});
  const before = await states();
  const campaign = await readFile(file, 'utf8');
  const tries: readonly (readonly [path: string, text: string, says: string])[] = [
    [module, good.replace('{{profile.firstName}}', '{{profile.firstName'), 'hello.mjml'],
    [file, campaign.replace('hello@shop', 'other@shop'), "sender stays 'Shop <hello@shop.example>'"],
    [file, campaign.replace('topic: offers', 'topic: news'), "topic stays 'offers'"],
    [file, campaign.replace('name: b', 'name: c'), "have the variant 'b'"],
  ];
  for (const [path, text, says] of tries) {
    const kept = await readFile(path, 'utf8');
    await writeFile(path, text);
    for (const words of [['resume'], ['resolve', '--failed', 'resend']]) {
      const ran = await command('campaign', ...words, 'greeting', '--with-changes');
      expect(ran.code).not.toBe(0);
      expect(ran.err).toContain(says);
    }
    await writeFile(path, kept);
  }
  expect(await states()).toEqual(before);
  expect((await app.runOf('greeting')).state).toBe('paused');
  for (const words of [[], ['--with-changes'], ['--unknown', 'accept', '--failed', 'resend']])
    expect(await command('campaign', 'resolve', 'greeting', ...words)).toMatchObject({ code: 2 });
  await app.runs.step((await app.runOf('greeting')).id, ['paused'], 'cancelled');
  const late = await command('campaign', 'resolve', 'greeting', '--failed', 'resend');
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('the campaign is cancelled')]);
});
