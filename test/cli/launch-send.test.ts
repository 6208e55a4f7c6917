import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { reportOf } from '../../src/campaigns/report.ts';
import { install, testTemplates } from '../fixtures/installation.ts';
import { addReaders } from '../fixtures/readers.ts';
import { openSink } from '../fixtures/sink.ts';
import { freePort } from '../servers/index.ts';
import { dear } from './run.ts';

const READERS = 7;
const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An installation with readers, and its command line. */
async function shop(smtpUrl: string) {
  const here = await install({ SMTP_URL: smtpUrl });
  ends.push(here.close);
  await addReaders(here.app, READERS);
  const environment = { DATA_DIR: here.app.config.dataDir, SMTP_URL: smtpUrl, WRITER_THREADS: '0' };
  const command = (
    line: string,
    more: Record<string, string> = {},
    folder: string = dirname(testTemplates),
  ) => dear(line.split(' '), folder, { ...environment, ...more });
  return { ...here, command };
}

test('a launch warns of words in its rules that no customer has', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dear-launch-'));
  ends.push(() => rm(folder, { recursive: true }));
  await cp(testTemplates, join(folder, 'templates'), { recursive: true });
  const file = join(folder, 'templates/campaigns/greeting/campaign.yaml');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('{ everyone: true }', '{ attribute: fistName, exists: true }'));
  const { command } = await shop('smtp://127.0.0.1:1');
  const launched = await command('campaign launch greeting --json', {}, folder);
  expect([launched.code, launched.err]).toEqual([0, '']);
  expect(JSON.parse(launched.out)).toMatchObject({
    warnings: [
      { about: 'attribute', word: 'fistName', guess: 'firstName' },
      // The condition of a module asks for it.
      { about: 'event', word: 'order', guess: null },
    ],
  });
});

describe('launching a campaign and sending it at once', { timeout: 60_000 }, () => {
  test('to a server that is down fails, and says what waits; the same command goes on later', async () => {
    const port = await freePort();
    const { app, command } = await shop(`smtp://127.0.0.1:${port}`);
    const failed = await command('campaign launch greeting --send --json');
    expect(failed.code).toBe(1);
    expect(failed.err).toContain(`127.0.0.1:${port} takes no letters`);
    expect(failed.err).toContain(`${READERS} letters wait`);
    expect(failed.err).toContain('`dear up`');
    expect(JSON.parse(failed.out)).toMatchObject({ campaign: 'greeting', states: { queued: READERS } });

    const again = await command('campaign launch greeting --send');
    expect([again.code, again.err]).toEqual([1, expect.stringContaining(`${READERS} letters wait`)]);

    const sink = await openSink(undefined, port);
    ends.push(sink.close);
    const sent = await command('campaign launch greeting --send --json');
    expect([sent.code, sent.err]).toEqual([0, expect.stringContaining('what waits is sent now')]);
    expect(JSON.parse(sent.out)).toMatchObject({ states: { accepted: READERS, queued: 0 } });
    expect(sink.mails).toHaveLength(READERS);
    expect((await command('campaign launch greeting --send')).err).toContain('is finished');
    const run = await app.runOf('greeting');
    expect((await reportOf(app.ledger, run)).states).toMatchObject({ accepted: READERS });
  });

  test('says how many servers took, and why others failed, without addresses', async () => {
    const refused = (address: string) => [550, `5.1.1 <${address}> is unknown here`] as [number, string];
    const sink = await openSink((address) => (address.startsWith('reader-0') ? refused(address) : undefined));
    ends.push(sink.close);
    const { command } = await shop(sink.url);
    const sent = await command('campaign launch greeting --send');
    expect([sent.code, sent.err]).toEqual([0, '']);
    expect(sent.out).toContain(`Servers took ${READERS - 1} letters`);
    expect(sent.out).toMatch(/failed: the address was refused +1 +550 5\.1\.1 <…> is unknown here/);
    expect(sent.out).toContain('dear campaign resolve greeting --failed resend');
    const status = await command('campaign status greeting');
    expect(status.out).toMatch(/failed: the address was refused +1 +550/);
    expect((await command('report greeting')).out).toMatch(/failed: the address was refused +1/);
  });

  test('fails when no letter was accepted', async () => {
    const sink = await openSink((address) => [550, `5.1.1 <${address}> is unknown here`]);
    ends.push(sink.close);
    const { command } = await shop(sink.url);
    const sent = await command('campaign launch greeting --send --json');
    expect([sent.code, sent.err]).toEqual([
      1,
      expect.stringContaining("No letter of 'greeting' was accepted"),
    ]);
    expect(JSON.parse(sent.out)).toMatchObject({
      states: { failed: READERS },
      refusals: [{ state: 'failed', count: READERS, example: '550 5.1.1 <…> is unknown here' }],
    });
  });

  test.each([
    ['an SMTP_URL that cannot be read', { SMTP_URL: 'smtp://127.0.0.1?conections=3' }, 'conections'],
    ['a DKIM key that is not there', { DKIM_KEY_FILE: 'nowhere.pem' }, 'nowhere.pem'],
    ['a DKIM key that cannot sign', { DKIM_KEY_FILE: 'templates/topics.yaml' }, 'DKIM'],
    ['a queue that does not answer', { QUEUE_URL: 'redis://127.0.0.1:1' }, 'QUEUE_URL'],
  ])('with %s launches nothing', async (_what, wrong, says) => {
    const { command } = await shop('smtp://127.0.0.1:1');
    const failed = await command('campaign launch greeting --send', wrong);
    expect(failed.code).not.toBe(0);
    expect(failed.err).toContain(says);
    expect((await command('campaign status greeting')).err).toContain('was not launched yet');
  });
});
