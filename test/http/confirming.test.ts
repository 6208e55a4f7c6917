import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Topic, TopicBook } from '../../src/profiles/topics.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

const topic = (name: string, title: string): Topic => ({
  name,
  title,
  about: undefined,
  wording: undefined,
  signUp: true,
  hidden: false,
});
const book: TopicBook = {
  from: { name: 'Shop', address: 'letters@shop.example' },
  topics: [topic('offers', 'Offers'), topic('club', 'Club evenings')],
};
const DAY = 86_400_000;

onEveryStore('the link that confirms says what holds now', (open) => {
  let store: Store;
  let server: PublicServer;
  let now = Date.now();
  let made = 0;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store, undefined, { topics: book, now: () => now });
  });
  afterAll(() => server.http.close());

  const post = (url: string, payload = '') =>
    server.http.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload,
    });
  const read = async (url: string) => (await server.http.inject(url)).body.replace(/\s+/g, ' ');
  const say = async (url: string) => (await post(url)).body.replace(/\s+/g, ' ');
  const ask = async (email: string) => {
    now += 10 * 60_000;
    await post('/s', `email=${encodeURIComponent(email)}&topic=offers&topic=club`);
    const [newest] = await confirmationStore(store).list(1);
    return `/s/${server.confirmTokens.of(newest?.id ?? 0)}`;
  };
  /** Somebody who was asked; `change` says something else about a topic of theirs later. */
  const someone = async () => {
    made += 1;
    const email = `ann-${made}@example.test`;
    const url = await ask(email);
    const id = (await profileStore(store).idsOf([email])).get(email) ?? 0;
    const change = async (name: string, state: 'in' | 'out') => {
      now += 1000;
      await consentStore(store).change(id, name, state, now, 'another way');
    };
    const suppress = (reason: string) =>
      suppressionStore(store).add([{ address: email, reason, source: 'x', at: now }]);
    const states = async () => (await consentStore(store).of(id)).map((one) => `${one.topic} ${one.state}`);
    return { email, url, id, change, suppress, states };
  };

  test('that no letter can come, where the address must not be mailed, and whom to write to', async () => {
    const { url, suppress, states } = await someone();
    await suppress('no such mailbox');
    const before = await read(url);
    expect(before).toContain('Do you want these letters?');
    expect(before).toContain('no such mailbox');
    const after = await say(url);
    expect(await states()).toEqual(['club in', 'offers in']);
    for (const page of [after, await read(url)]) {
      expect(page).not.toMatch(/you are in|From now on/);
      expect(page).toContain('no letters can come');
      expect(page).toContain('no such mailbox');
      expect(page).toContain('letters@shop.example');
      expect(page).toContain('Offers');
    }
  });

  test('that the letters were stopped since', async () => {
    const { url, change } = await someone();
    expect(await say(url)).toContain('you are in');
    await change('offers', 'out');
    const half = await read(url);
    expect(half).toMatch(/you are in.*Club evenings.*stopped since.*Offers/i);
    await change('club', 'out');
    for (const page of [await read(url), await say(url)]) {
      expect(page).not.toMatch(/you are in|From now on/);
      expect(page).toContain('You have stopped these letters');
      expect(page).toContain('href="../s"');
    }
  });

  test('that stopped letters cannot be asked for anew by an address that must not be mailed', async () => {
    const { url, change, suppress } = await someone();
    await say(url);
    await change('offers', 'out');
    await change('club', 'out');
    await suppress('complained');
    const page = await read(url);
    expect(page).toContain('You have stopped these letters');
    expect(page).toContain('complained');
    expect(page).not.toContain('sign up once more');
  });

  test('that letters wait for the end of a pause', async () => {
    const { url, id } = await someone();
    await profileStore(store).setPreferences(id, { pausedUntil: now + 30 * DAY }, now);
    const page = await say(url);
    expect(page).toContain('you are in');
    expect(page).toContain('pause');
    expect(page).not.toContain('From now on');
  });

  test('that a no was followed by a yes, and pressing no again stops the letters', async () => {
    const { email, url, states } = await someone();
    expect(await say(`${url}/no`)).toContain('Good that you said so');
    expect(await read(url)).toContain('You said no to this');
    const later = await ask(email);
    now += 1000;
    expect(await say(later)).toContain('you are in');
    const page = await read(url);
    expect(page).toContain('You get these letters');
    expect(page).toContain('Offers');
    expect(page).not.toContain('sign up once more');
    now += 1000;
    expect(await say(`${url}/no`)).toContain('We send no such letters to');
    expect(await states()).toEqual(['club out', 'offers out']);
    expect(await read(later)).toContain('You have stopped these letters');
  });

  test('that a link is too old, and whether letters come all the same', async () => {
    const { url, change } = await someone();
    now += 8 * DAY;
    expect(await read(url)).toMatch(/too old.*sign up once more/);
    await change('offers', 'in');
    const page = await read(url);
    expect(page).toMatch(/too old.*gets letters about.*Offers/);
    expect(page).not.toMatch(/sign up once more|Nothing was sent|Club evenings/);
  });

  test('that a link is too old, and that signing up anew brings nothing to a suppressed address', async () => {
    const { url, suppress } = await someone();
    await suppress('complained');
    now += 8 * DAY;
    const page = await say(url);
    expect(page).toContain('too old');
    expect(page).toContain('complained');
    expect(page).not.toContain('sign up once more');
  });
});
