import { afterAll, beforeAll, expect, test } from 'vitest';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';
import { asShown } from './preference-page.ts';
import { form, own } from './translated-book.ts';

onEveryStore('a consent keeps the wording that was read', (open) => {
  let store: Store;
  let server: PublicServer;
  let now = Date.now();
  beforeAll(async () => {
    store = await open();
    server = publicServer(store, undefined, { ...own, now: () => now });
  });
  afterAll(() => server.http.close());

  const get = async (url: string, accepted?: string) => {
    const headers = accepted === undefined ? {} : { 'accept-language': accepted };
    return (await server.http.inject({ method: 'GET', url, headers })).body;
  };
  const post = async (url: string, fields: readonly (readonly [string, string])[], accepted?: string) => {
    const payload = new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value]));
    const language = accepted === undefined ? {} : { 'accept-language': accepted };
    const headers = { 'content-type': form, ...language };
    return (await server.http.inject({ method: 'POST', url, headers, payload: payload.toString() })).body;
  };
  const consents = async (profileId: number) =>
    (await consentStore(store).of(profileId)).map(({ topic, state, wording }) => [topic, state, wording]);

  test('on the preference page, though the language is changed with the same press or meanwhile', async () => {
    const letter = await sentLetter(store, { consent: 'none' });
    const url = `/p/${server.tokens.of(letter.sendId).preferences}`;
    const page = await get(url, 'de');
    expect(page).toContain('Mit dem Häkchen erklären Sie: „Ich möchte Angebote“');
    const fields = asShown(page).filter(([name]) => name !== 'language');
    const answer = await post(
      url,
      [...fields, ['topic', 'offers'], ['topic', 'club'], ['language', 'pl']],
      'fr',
    );
    expect(answer).toContain('<html lang="pl">');
    expect(answer, 'who agreed reads the words among their data').not.toContain('Chcę oferty');
    expect(await consents(letter.profileId)).toEqual([
      ['club', 'in', 'I want the club'],
      ['offers', 'in', 'Ich möchte Angebote'],
    ]);
    expect(await get(`${url}/data`)).toContain('„Ich möchte Angebote”');
  });

  const newest = async () => (await confirmationStore(store).list(1))[0];
  const pending = (email: string, more: readonly (readonly [string, string])[], accepted?: string) => {
    now += 10 * 60_000;
    return post('/s', [['email', email], ['topic', 'offers'], ['topic', 'club'], ...more], accepted);
  };
  const ends = async (email: string) => {
    const asked = await newest();
    const url = `/s/${server.confirmTokens.of(asked?.id ?? 0)}`;
    const page = await get(url);
    now += 1000;
    await post(url, []);
    const id = (await profileStore(store).idsOf([email])).get(email) ?? 0;
    return { page, language: asked?.language, consents: await consents(id) };
  };

  test('on the sign-up page, in the letter’s page and after it', async () => {
    const page = await get('/s', 'pl-PL,pl;q=0.9');
    expect(page).toContain('Chcę oferty');
    const shownIn = /name="shownIn" value="(.*?)"/.exec(page)?.[1] ?? '';
    await pending('ola@example.test', [['shownIn', shownIn]], 'pl-PL,pl;q=0.9');
    const said = await ends('ola@example.test');
    expect(said.language).toBe('pl-PL');
    expect(said.page).toMatch(/<html lang="pl">.*Oferty.*Chcę oferty.*I want the club/s);
    expect(said.consents).toEqual([
      ['club', 'in', 'I want the club'],
      ['offers', 'in', 'Chcę oferty'],
    ]);
  });

  test('on a form of the shop’s own, which names its language or shows what stands first', async () => {
    await pending('de@example.test', [['language', 'de-AT']], 'pl');
    const named = await ends('de@example.test');
    expect(named.page).toContain('<html lang="de">');
    expect(named.consents).toContainEqual(['offers', 'in', 'Ich möchte Angebote']);
    await pending('no@example.test', [], 'pl');
    const unnamed = await ends('no@example.test');
    expect(unnamed.page).toMatch(/<html lang="pl">.*Oferty.*I want offers/s);
    expect(unnamed.consents).toContainEqual(['offers', 'in', 'I want offers']);
  });

  test('of two requests, each link confirms the words that its own showed', async () => {
    const email = 'twice@example.test';
    await pending(email, [['language', 'de']]);
    const first = await newest();
    await pending(email, [['language', 'pl']]);
    const url = `/s/${server.confirmTokens.of(first?.id ?? 0)}`;
    expect(await get(url)).toMatch(/<html lang="de">.*Ich möchte Angebote/s);
    now += 1000;
    await post(url, []);
    const id = (await profileStore(store).idsOf([email])).get(email) ?? 0;
    expect(await consents(id)).toContainEqual(['offers', 'in', 'Ich möchte Angebote']);
  });
});
