import { afterAll, beforeAll, expect, test } from 'vitest';
import { planRun } from '../../src/campaigns/planner.ts';
import { whySentence } from '../../src/campaigns/why.ts';
import { onlyImportant } from '../../src/profiles/preferences.ts';
import { eventually, type Installation, install, type Running } from '../fixtures/installation.ts';
import { openSink, type Sink } from '../fixtures/sink.ts';

let sink: Sink;
let here: Installation;
let running: Running | undefined;

beforeAll(async () => {
  sink = await openSink();
  here = await install({ SMTP_URL: sink.url });
}, 120_000);
afterAll(async () => {
  await running?.close();
  await here.close();
  await sink.close();
});

const mailsTo = (address: string) => sink.mails.filter((mail) => mail.to === address).length;

async function sendOf(name: string, email: string) {
  const run = await here.app.runOf(name);
  const profile = await here.app.profiles.byEmail(email);
  const send = profile && (await here.app.ledger.sendOf(run.id, profile.id));
  return { send, why: profile === undefined ? '' : whySentence(run, profile, send) };
}

test('who wants only the most important gets no others, also when they said so after planning', async () => {
  const email = 'bo@example.test';
  const at = Date.now();
  const consents = [{ topic: 'offers', state: 'in' as const, at, source: 'test' }];
  const frequency = { max: 9, per: 'day' as const };
  await here.app.profiles.upsertMany([{ email, attributes: { firstName: 'Bo' }, consents, frequency }], at);
  const id = (await here.app.profiles.byEmail(email))?.id ?? 0;
  const planned = await here.app.launch('greeting', false);
  await planRun(here.app.planner, planned.id);
  expect((await sendOf('greeting', email)).send?.state).toBe('queued');
  await here.app.profiles.setPreferences(id, { frequency: onlyImportant }, at);
  running = await here.up();
  await eventually('the run ends', async () => (await here.app.runOf('greeting')).state === 'finished');
  const { send, why } = await sendOf('greeting', email);
  expect(send).toMatchObject({ state: 'skipped', reason: 'only important letters' });
  expect(why).toContain('asked for the most important letters only');
  const plain = await here.app.launch('second', false);
  await planRun(here.app.planner, plain.id);
  expect((await sendOf('second', email)).send).toMatchObject({ reason: 'only important letters' });
  expect(mailsTo(email)).toBe(0);
  const recall = await here.app.launch('recall', false);
  await planRun(here.app.planner, recall.id);
  await eventually('the important letter comes', async () => mailsTo(email) === 1);
});

test('a visitor signs up, confirms by the letter’s link, and only then gets letters', async () => {
  const base = `http://127.0.0.1:${running?.faces.httpPort}`;
  const email = 'ann@example.test';
  const body = new URLSearchParams({ email, topic: 'offers' });
  expect((await fetch(`${base}/s`, { method: 'POST', body })).status).toBe(200);
  await eventually('the letter that asks comes', async () => mailsTo(email) === 1);
  await here.app.profiles.upsertMany([{ email, attributes: { firstName: 'Ann' }, consents: [] }], Date.now());
  const first = await here.app.launch('greeting', true);
  await planRun(here.app.planner, first.id);
  await eventually('the run ends', async () => (await here.app.runOf('greeting')).state === 'finished');
  expect((await sendOf('greeting', email)).send).toMatchObject({ state: 'skipped', reason: 'no consent' });

  const mail = (await sink.parsed()).find(({ to }) => to?.[0]?.address === email);
  const link = /http:\S+\/s\/\S+/.exec(mail?.text ?? '')?.[0].replace('http://localhost:0', base) ?? '';
  expect(await (await fetch(link)).text()).toContain('I would like to get offers of Lamp Shop');
  expect(await (await fetch(link, { method: 'POST' })).text()).toContain('you are in');
  const second = await here.app.launch('second', true);
  await planRun(here.app.planner, second.id);
  await eventually('the letter comes', async () => mailsTo(email) === 2);
});
