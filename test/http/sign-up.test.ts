import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

const book: TopicBook = {
  from: { name: 'Shop', address: 'shop@example.test' },
  topics: [
    {
      name: 'offers',
      title: 'Offers',
      about: undefined,
      wording: 'I want offers',
      signUp: true,
      hidden: false,
    },
    { name: 'club', title: 'Club', about: undefined, wording: undefined, signUp: false, hidden: false },
  ],
};

onEveryStore('signing up', (open) => {
  let store: Store;
  let server: PublicServer;
  let now = Date.now();
  beforeAll(async () => {
    store = await open();
    server = publicServer(store, undefined, { topics: book, now: () => now });
  });
  afterAll(() => server.http.close());

  const get = (url: string) => server.http.inject({ method: 'GET', url });
  const post = (url: string, payload = '', type = 'application/x-www-form-urlencoded') =>
    server.http.inject({ method: 'POST', url, headers: { 'content-type': type }, payload });
  const states = async (email: string) => {
    const id = (await profileStore(store).idsOf([email])).get(email) ?? 0;
    return (await consentStore(store).of(id)).map(({ topic, state }) => `${topic} ${state}`);
  };
  const newest = async () => (await confirmationStore(store).list(1))[0]?.id ?? 0;

  test('the language is that of the form, else of the browser, else nobody’s', async () => {
    const asked = async (payload: string, header?: string) => {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const headers = header === undefined ? type : { ...type, 'accept-language': header };
      await server.http.inject({ method: 'POST', url: '/s', headers, payload: `topic=offers&${payload}` });
      return (await confirmationStore(store).list(1))[0]?.language;
    };
    expect(await asked('email=l1%40example.test&language=de+at', 'fr')).toBeUndefined();
    expect(await asked('email=l2%40example.test&language=de-at', 'fr')).toBe('de-AT');
    expect(await asked('email=l6%40example.test&language=de_at', 'fr')).toBe('de-AT');
    expect(await asked('email=l7%40example.test', 'de;q=0.3, pl')).toBe('pl');
    expect(await asked('email=l3%40example.test', 'fr-CH, fr;q=0.9, *;q=0.5')).toBe('fr-CH');
    expect(await asked('email=l4%40example.test', '*')).toBeUndefined();
    expect(await asked('email=l5%40example.test')).toBeUndefined();
  });

  test('the form asks, the letter’s link decides, and only its button', async () => {
    expect((await get('/s')).body).toContain('I want offers');
    const answer = await post('/s', 'email=Ann%40Example.test&topic=offers&topic=club&source=footer');
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('look into your mailbox');
    expect(await states('ann@example.test')).toEqual(['offers pending']);
    const url = `/s/${server.confirmTokens.of(await newest())}`;
    for (const method of ['GET', 'HEAD'] as const) {
      expect((await server.http.inject({ method, url })).statusCode).toBe(200);
      expect((await server.http.inject({ method, url: `${url}/no` })).statusCode).toBe(303);
    }
    expect(await states('ann@example.test')).toEqual(['offers pending']);
    expect((await get(url)).body).toContain('a•••@example.test');
    expect((await post(url)).body).toContain('you are in');
    expect(await states('ann@example.test')).toEqual(['offers in']);
    expect((await get(url)).body).toContain('you are in');
  });

  test('one-click in the letter’s header says no', async () => {
    await post('/s', 'email=bob%40example.test&topic=offers');
    const url = `/s/${server.confirmTokens.of(await newest())}`;
    const answer = await post(`${url}/no`, 'List-Unsubscribe=One-Click');
    expect(answer.body).toContain('Good that you said so');
    expect(await states('bob@example.test')).toEqual(['offers out']);
    expect((await post(url)).body).toContain('You said no to this');
    expect(await states('bob@example.test')).toEqual(['offers out']);
  });

  test('a link that is too old confirms nothing', async () => {
    await post('/s', 'email=cleo%40example.test&topic=offers');
    const url = `/s/${server.confirmTokens.of(await newest())}`;
    now += 8 * 86_400_000;
    expect((await post(url)).body).toContain('too old');
    expect(await states('cleo@example.test')).toEqual(['offers pending']);
  });

  test('the answer does not tell who is known', async () => {
    await profileStore(store).ensure(['known@example.test'], 1);
    await suppressionStore(store).add([{ address: 'no@example.test', reason: 'x', source: 'x', at: 1 }]);
    const bodies = [];
    for (const name of ['known', 'no', 'fresh']) {
      const answer = await post('/s', `email=${name}%40example.test&topic=offers`);
      bodies.push(answer.body.replaceAll(`${name}@example.test`, '…'));
      expect(answer.statusCode).toBe(200);
    }
    expect(new Set(bodies).size).toBe(1);
  });

  test.each([
    ['email=nobody&topic=offers', 'not an e-mail address'],
    ['email=ann%40example.test', 'Tick at least one'],
    ['email=ann%40example.test&topic=club', 'Tick at least one'],
    ['', 'not an e-mail address'],
  ])('what is wrong is said, and nothing is stored: %s', async (body, text) => {
    const before = await newest();
    const answer = await post('/s', body);
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(text);
    expect(await newest()).toBe(before);
  });

  test('tokens of letters, broken ones, and a server without topics lead nowhere', async () => {
    const letter = server.tokens.of(1).preferences;
    for (const token of [letter, 'x', `${server.confirmTokens.of(1)}x`, server.confirmTokens.of(999_999)]) {
      for (const url of [`/s/${token}`, `/s/${token}/no`]) expect((await post(url)).statusCode).toBe(404);
    }
    expect(server.tokens.verify('preferences', server.confirmTokens.of(1))).toBeUndefined();
    const bare = publicServer(store);
    expect((await bare.http.inject('/s')).statusCode).toBe(404);
    expect((await bare.http.inject({ method: 'POST', url: '/s' })).statusCode).toBe(404);
    await bare.http.close();
  });
});
