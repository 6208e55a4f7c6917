import { afterAll, expect, test } from 'vitest';
import type { Surveyed } from '../src/campaigns/survey.ts';
import type { LeasedSend } from '../src/delivery/port.ts';
import type { Letter, WrittenLetter } from '../src/delivery/scriptorium.ts';
import { openScriptorium } from '../src/scriptorium-link.ts';
import { install } from './fixtures/installation.ts';

const installation = await install({ SMTP_URL: 'smtp://127.0.0.1:1?tls=never' });
afterAll(() => installation.close());

test('a thread writes the same letters as the process itself', async () => {
  const { app } = installation;
  const now = Date.now();
  const consents = [{ topic: 'offers', state: 'in' as const, at: now, source: 'test' }];
  const changes = ['Ann', 'Zoë', '健太'].map((firstName, index) => ({
    email: `reader-${index}@example.test`,
    attributes: { firstName },
    consents,
  }));
  await app.profiles.upsertMany(changes, now);
  const run = await app.launch('greeting', false);
  const [variant] = run.plan.variants;
  const sends: LeasedSend[] = [1, 2, 3, 4].map((id) => ({
    id,
    runId: run.id,
    profileId: id,
    variant: variant?.name ?? '',
    sourceHash: variant?.sourceHash ?? '',
    attempts: 0,
  }));
  const written: (readonly Letter[])[] = [];
  const surveyed: Surveyed[][] = [];
  for (const writerThreads of [0, 2]) {
    const scriptorium = openScriptorium({ ...app, config: { ...app.config, writerThreads } });
    surveyed.push(await scriptorium.survey(run, [1, 2, 3, 4]));
    const batch = await scriptorium.gather(run, sends, now);
    expect(batch.readers.map((reader) => reader.address)).toEqual([
      ...changes.map((change) => change.email),
      undefined,
    ]);
    written.push(await batch.write([3, 1, 4], { date: now, channel: '7bit' }));
    batch.end();
    await scriptorium.close();
  }
  const [here = [], there = []] = written;
  expect(here.map((letter) => ('bytes' in letter ? letter.sendId : letter.reason))).toEqual([
    3,
    1,
    'data missing',
  ]);
  expect(there).toEqual(here);
  expect(surveyed[0]?.map(({ recipient, consents }) => [recipient.id, consents])).toEqual([
    [1, true],
    [2, true],
    [3, true],
  ]);
  expect(surveyed[1]).toEqual(surveyed[0]);
});

test('memory is used again only when nobody holds a letter in it', async () => {
  const { app } = installation;
  const now = Date.now();
  const run = await app.runOf('greeting');
  const [variant] = run.plan.variants;
  const sends: LeasedSend[] = Array.from({ length: 60 }, (_, index) => ({
    id: index + 1,
    runId: run.id,
    profileId: (index % 3) + 1,
    variant: variant?.name ?? '',
    sourceHash: variant?.sourceHash ?? '',
    attempts: 0,
  }));
  const scriptorium = openScriptorium({ ...app, config: { ...app.config, writerThreads: 1 } });
  const batch = await scriptorium.gather(run, sends, now);
  const held: { letter: WrittenLetter; copy: Buffer }[] = [];
  let before: readonly WrittenLetter[] = [];
  for (let at = 0; at < sends.length; at += 4) {
    const ids = sends.slice(at, at + 4).map((send) => send.id);
    const letters = (await batch.write(ids, { date: now, channel: '7bit' })).filter((one) => 'bytes' in one);
    expect(letters).toHaveLength(4);
    // The thread has the memory of those that are all done.
    for (const letter of before) expect(letter.bytes).toHaveLength(0);
    for (const letter of letters) {
      expect(letter.bytes.toString('latin1')).toContain(`X-Dear-Send: ${letter.sendId}\r\n`);
    }
    // One letter of every second batch stays with somebody.
    const kept = at % 8 === 0 ? letters.slice(0, 1) : [];
    for (const letter of kept) held.push({ letter, copy: Buffer.from(letter.bytes) });
    for (const letter of letters) if (!kept.includes(letter)) batch.done(letter);
    before = kept.length === 0 ? letters : [];
    for (const { letter, copy } of held) expect(letter.bytes.equals(copy)).toBe(true);
  }
  expect(held).toHaveLength(8);
  await scriptorium.close();
});
