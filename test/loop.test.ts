import { createTransport } from 'nodemailer';
import { afterAll, describe, expect, test } from 'vitest';
import { planRun } from '../src/campaigns/planner.ts';
import { reportOf } from '../src/campaigns/report.ts';
import { whySentence } from '../src/campaigns/why.ts';
import { eventually, type Installation, install } from './fixtures/installation.ts';
import { openSink, type Sink } from './fixtures/sink.ts';
import { freshPostgresDatabase, postgresUrl, redisUrl } from './servers/index.ts';

const installations: Record<string, () => Promise<Record<string, string> | undefined>> = {
  'SQLite with the embedded queue': async () => ({}),
  'PostgreSQL with Redis': async () => {
    const [postgres, redis] = [postgresUrl(), redisUrl()];
    if (postgres === undefined || redis === undefined) return undefined;
    const database = await freshPostgresDatabase();
    ends.push(database.drop);
    return { DATABASE_URL: database.url, QUEUE_URL: redis };
  },
};
const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const now = Date.now();
const people = ['Ann', "O'Hara", 'Zoë', '李', undefined, 'Bo', 'Cy', 'Di'].map((firstName, index) => ({
  email: `reader-${index + 1}@example.test`,
  attributes: firstName === undefined ? {} : { firstName },
  consents: index === 5 ? [] : [{ topic: 'offers', state: 'in' as const, at: now - 1000, source: 'test' }],
  ...(index === 6 ? { frequency: { max: 1, per: 'month' as const } } : {}),
}));

async function fill(here: Installation): Promise<void> {
  await here.app.profiles.upsertMany(people, now);
  const ids = await here.app.profiles.idsOf(people.map((one) => one.email));
  await here.app.events.addMany(
    [...ids.values()].slice(0, 3).map((profileId) => ({
      key: `order-${profileId}`,
      profileId,
      type: 'order',
      at: now - 5000,
      properties: { product: `Lamp ${profileId}` },
    })),
    now,
  );
  await here.app.suppressions.add([
    { address: 'reader-8@example.test', reason: 'complaint', source: 'test', at: now },
  ]);
}

async function launched(here: Installation, name: string) {
  const run = await here.app.launch(name, false);
  expect(await planRun(here.app.planner, run.id)).toEqual({ planned: people.length, complete: true });
  return run;
}

describe.each(Object.keys(installations))('the whole loop on %s', (kind) => {
  let here: Installation;
  let sink: Sink;

  test('from profiles to the report and back into the profiles', { timeout: 120_000 }, async (context) => {
    const environment = await installations[kind]?.();
    if (environment === undefined) return context.skip('no PostgreSQL and Redis to be found here');
    sink = await openSink();
    here = await install({ ...environment, SMTP_URL: sink.url, DEFAULT_FREQUENCY: '1 per week' });
    ends.push(here.close, sink.close);
    await fill(here);
    const running = await here.up();
    ends.push(running.close);
    const run = await launched(here, 'greeting');
    await eventually('the run finishes', async () => (await here.app.runOf('greeting')).state === 'finished');

    const report = await reportOf(here.app.ledger, run);
    expect(report).toMatchObject({ audience: 8, states: { accepted: 5, skipped: 3 } });
    expect(report.skipped).toMatchObject({ 'no consent': 1, suppressed: 1, 'data missing': 1 });
    expect(sink.mails.map((mail) => mail.to).sort()).toEqual(
      [1, 2, 3, 4, 7].map((n) => `reader-${n}@example.test`),
    );
    expect(new Set(sink.mails.map((mail) => mail.raw.toString('latin1'))).size).toBe(5);

    await theLettersAreShownAgain();
    await aSecondCampaignWaits();
    await readersAnswer(running.faces.httpPort, running.faces.inboundPort, run.id);
  });

  async function theLettersAreShownAgain() {
    for (const [index, mail] of (await sink.parsed()).entries()) {
      const header = mail.headers.find(({ key }) => key === 'x-dear-send')?.value;
      const shown = await here.app.showSend(Number(header));
      expect(shown.identical).toBe(true);
      expect(shown.bytes.equals(sink.mails[index]?.raw ?? Buffer.of())).toBe(true);
      expect(mail.headers.find(({ key }) => key === 'list-unsubscribe-post')?.value).toBe(
        'List-Unsubscribe=One-Click',
      );
    }
  }

  async function aSecondCampaignWaits() {
    const run = await launched(here, 'second');
    const report = await reportOf(here.app.ledger, run);
    // Everybody's slot of the week is taken, and the campaign is worth sending for a week only.
    expect(report.states.accepted + report.states.queued + report.states.skipped).toBe(8);
    expect(report.states.accepted).toBe(0);
    const profile = await here.app.profiles.byEmail('reader-7@example.test');
    const send = profile && (await here.app.ledger.sendOf(run.id, profile.id));
    expect(send).toMatchObject({ state: 'skipped', reason: 'over frequency' });
    if (profile) expect(whySentence(run, profile, send)).toContain('they chose at most 1 a month');
    await here.app.runs.step(run.id, ['running'], 'cancelled');
    await here.app.runs.skipOpen(run.id, 'cancelled');
  }

  async function readersAnswer(httpPort: number, inboundPort: number, runId: number) {
    const [first, second, third] = await sink.parsed();
    const at = (url: string) => url.replace('http://localhost:0', `http://127.0.0.1:${httpPort}`);
    const pixel = at(/src="([^"]*\/o\/[^"]*)"/.exec(first?.html ?? '')?.[1] ?? '');
    const link = at(/href="([^"]*\/c\/[^"]*)"/.exec(second?.html ?? '')?.[1] ?? '');
    const unsubscribe = at(
      third?.headers.find(({ key }) => key === 'list-unsubscribe')?.value.replace(/^<|>.*$/g, '') ?? '',
    );
    for (let again = 0; again < 3; again += 1) {
      expect((await fetch(pixel)).status).toBe(200);
      const click = await fetch(link, { redirect: 'manual' });
      expect([click.status, click.headers.get('location')]).toEqual([302, 'https://shop.example/new']);
      const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
      expect((await fetch(unsubscribe, { method: 'POST', body, redirect: 'manual' })).status).toBe(200);
    }
    const client = createTransport({ host: '127.0.0.1', port: inboundPort, ignoreTLS: true });
    const to = first?.replyTo?.[0]?.address ?? '';
    for (const messageId of ['<one@reader.test>', '<one@reader.test>']) {
      await client.sendMail({
        messageId,
        from: 'reader@example.test',
        to,
        subject: 'Re: Hello',
        text: 'Lovely lamp!\n\nOn Monday Shop wrote:\n> Hello',
      });
    }
    await client.sendMail({
      from: 'stranger@example.test',
      to: 'nobody@shop.example',
      subject: 'Who are you?',
      text: 'Hm.',
    });
    client.close();
    await eventually('everything is recorded', async () => {
      const { variants } = await reportOf(here.app.ledger, await here.app.runOf('greeting'));
      const sum = (pick: (row: (typeof variants)[number]) => number) =>
        variants.reduce((all, row) => all + pick(row), 0);
      return (
        sum((row) => row.replied.count) === 1 &&
        sum((row) => row.clicked.count) === 1 &&
        sum((row) => row.unsubscribed.count) === 1
      );
    });
    const { variants } = await reportOf(here.app.ledger, {
      ...(await here.app.runOf('greeting')),
      id: runId,
    });
    expect(variants.reduce((all, row) => all + row.opened.count, 0)).toBe(2);
    await eventually(
      'the stranger is kept',
      async () => (await here.app.arrivals.waiting(0, 1)).length === 0,
    );
    const replier = await here.app.profiles.byEmail(first?.to?.[0]?.address ?? '');
    const timeline = await here.app.events.timeline(replier?.id ?? 0, 20);
    expect(
      timeline.filter((event) => event.type === 'replied').map((event) => event.properties.text),
    ).toEqual(['Lovely lamp!']);
    const leaver = await here.app.profiles.byEmail(third?.to?.[0]?.address ?? '');
    const [candidate] = await here.app.letters.customers.candidates([leaver?.id ?? 0], 'offers');
    expect(candidate?.consents).toBe(false);
  }
});

describe('an SMTP server that is down', () => {
  test('the campaign waits, says so, and goes on when the server is back', { timeout: 120_000 }, async () => {
    const placeholder = await openSink();
    const port = Number(new URL(placeholder.url).port);
    await placeholder.close();
    const here = await install({ SMTP_URL: `smtp://127.0.0.1:${port}` });
    ends.push(here.close);
    await fill(here);
    const running = await here.up();
    ends.push(running.close);
    const run = await launched(here, 'greeting');
    await eventually('it says so', async () =>
      (await here.app.notices.list()).some(
        (notice) => notice.key === 'smtp' && notice.text.includes(`127.0.0.1:${port}`),
      ),
    );
    expect((await reportOf(here.app.ledger, run)).states).toMatchObject({
      queued: 5,
      accepted: 0,
      unknown: 0,
      failed: 0,
    });
    const sink = await openSink(undefined, port);
    ends.push(sink.close);
    await eventually(
      'the run finishes',
      async () => (await here.app.runOf('greeting')).state === 'finished',
      60_000,
    );
    expect(sink.mails.length).toBe(5);
    expect((await here.app.notices.list()).some((notice) => notice.key === 'smtp')).toBe(false);
  });
});
