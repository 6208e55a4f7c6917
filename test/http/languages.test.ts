import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenHttp } from '../../src/http/server.ts';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { confirmationStore } from '../../src/store/confirmations.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';
import { asShown } from './preference-page.ts';

const book: TopicBook = {
  from: { name: 'Shop', address: 'shop@example.test' },
  topics: [
    {
      name: 'offers',
      title: 'Offers',
      about: 'Cheaper',
      wording: 'I want offers',
      signUp: true,
      hidden: false,
      translations: {
        de: { title: 'Angebote', about: 'Günstiger', wording: 'Ich möchte Angebote' },
        pl: { title: 'Oferty', about: 'Taniej', wording: 'Chcę oferty' },
      },
    },
    {
      name: 'club',
      title: 'Club',
      about: undefined,
      wording: 'I want the club',
      signUp: true,
      hidden: false,
    },
  ],
};
const own = { topics: book, languages: ['en', 'de', 'pl', 'pt-BR'], timeZone: 'Europe/Berlin' };
const form = 'application/x-www-form-urlencoded';

/** A reader whose attribute `language` says so. */
async function reader(store: Store, language?: string | number) {
  const letter = await sentLetter(store);
  const attributes = language === undefined ? {} : { language };
  const email = (await profileStore(store).byIds([letter.profileId])).get(letter.profileId)?.email ?? '';
  await profileStore(store).upsertMany([{ email, attributes, consents: [] }], 1);
  return letter;
}

describe('the public pages over HTTP', () => {
  let store: Store;
  let server: PublicServer;
  let base: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-languages-'));
    store = await openStore(join(folder, 'dear.db'), 'a secret of the tests');
    server = publicServer(store, undefined, own);
    base = `http://127.0.0.1:${await listenHttp(server.http, { host: '127.0.0.1', port: 0 })}`;
  });
  afterAll(async () => {
    await server.http.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  const get = async (path: string, accepted?: string) => {
    const headers = accepted === undefined ? {} : { 'accept-language': accepted };
    const answer = await fetch(`${base}${path}`, { headers });
    const page = await answer.text();
    const title = /<h1>(.*?)<\/h1>/s.exec(page)?.[1];
    const lang = /<html lang="(.*?)">/.exec(page)?.[1];
    expect(answer.headers.get('content-language')).toBe(lang);
    expect(answer.headers.get('vary')).toContain('Accept-Language');
    return { status: answer.status, page, title, lang };
  };
  const paths = (sendId: number) => {
    const { unsubscribe, preferences } = server.tokens.of(sendId);
    return { u: `/u/${unsubscribe}`, p: `/p/${preferences}` };
  };

  test.each<[string | undefined, string, string]>([
    [undefined, 'en', 'This is Dear'],
    ['de', 'de', 'Das ist Dear'],
    ['de-AT,de;q=0.9,en;q=0.8', 'de', 'Das ist Dear'],
    ['pt-BR', 'pt', 'Este é o Dear'],
    ['ja, pl;q=0.7, de;q=0.9', 'de', 'Das ist Dear'],
    ['fr;q=0, pl;q=0.1', 'pl', 'To jest Dear'],
    ['xx', 'en', 'This is Dear'],
    ['*', 'en', 'This is Dear'],
    ['', 'en', 'This is Dear'],
    [';;,,=q; de;;q=x,"<b>', 'en', 'This is Dear'],
    [`${'x,'.repeat(4000)}de`, 'en', 'This is Dear'],
    ['__proto__, constructor', 'en', 'This is Dear'],
  ])('a browser that accepts %j reads %s', async (accepted, lang, title) => {
    expect(await get('/', accepted)).toMatchObject({ status: 200, lang, title });
  });

  test.each<[string | number | undefined, string | undefined, string]>([
    ['pl', 'de', 'pl'],
    ['de_AT', 'pl', 'de'],
    ['pt-BR', undefined, 'pt'],
    ['ja', 'pl', 'pl'],
    ['deutsch', undefined, 'en'],
    [7, 'de', 'de'],
    ['<script>', undefined, 'en'],
    [undefined, 'de', 'de'],
  ])(
    'of the language chosen, %j, and the browser’s, %j, a reader’s pages are in %s',
    async (language, accepted, lang) => {
      const { p, u } = paths((await reader(store, language)).sendId);
      for (const path of [p, `${p}/data`, `${p}/erase`, u])
        expect(await get(path, accepted)).toMatchObject({ status: 200, lang });
    },
  );

  test('everything on the preference page is in the language', async () => {
    const { p } = paths((await reader(store, 'pl')).sendId);
    const { page, title } = await get(p);
    expect(title).toBe('Państwa wiadomości');
    for (const text of [
      'Oferty',
      'Taniej',
      'najwyżej 2 wiadomości na tydzień',
      '<optgroup label="Europa">',
      'czas środkowoeuropejski',
      '<option value="de" lang="de">Deutsch (niemiecki)</option>',
      '<option value="pl" lang="pl" selected>Polski</option>',
      // What the shop did not translate stays as the shop wrote it, wording and all.
      'Club',
      'I want the club',
    ])
      expect(page).toContain(text);
  });

  test('dates follow the language and its region', async () => {
    const day = async (language: string, accepted?: string) => {
      const { p } = paths((await reader(store, language)).sendId);
      return (await get(`${p}/data`, accepted)).page;
    };
    expect(await day('de')).toContain('1. Januar 1970 um 01:00');
    expect(await day('de-AT')).toContain('1. Jänner 1970');
    expect(await day('pl')).toContain('1 stycznia 1970');
    expect(await day('en')).toContain('1 January 1970');
    expect(await day('en-US')).toContain('January 1, 1970');
  });

  test('the page that answers speaks what was chosen in the form', async () => {
    const { sendId } = await reader(store);
    const { p } = paths(sendId);
    const save = async (page: string, language: string) => {
      const fields = [...asShown(page).filter(([name]) => name !== 'language'), ['language', language]];
      const body = new URLSearchParams(
        fields.map(([name = '', value = '']): [string, string] => [name, value]),
      );
      const answer = await fetch(`${base}${p}`, {
        method: 'POST',
        body,
        headers: { 'accept-language': 'de' },
      });
      expect(answer.status).toBe(200);
      return answer.text();
    };
    const german = (await get(p, 'de')).page;
    expect(german).toContain('<html lang="de">');
    const polish = await save(german, 'pl');
    expect(polish).toContain('<html lang="pl">');
    expect(polish).toContain('Ustawienia zostały zapisane.');
    const undecided = await save(polish, '');
    expect(undecided).toContain('<html lang="de">');
    expect(undecided).toContain('Ihre Einstellungen sind gespeichert.');
  });

  test('mistakes, broken links and links of erased people speak as the browser does', async () => {
    const { p, u } = paths((await reader(store, 'de')).sendId);
    const wrong = await fetch(`${base}${p}`, {
      method: 'POST',
      headers: { 'content-type': form },
      body: 'form=x',
    });
    expect(await wrong.text()).toContain('Das Formular ist nicht vollständig angekommen.');
    expect(await get('/p/x', 'pl')).toMatchObject({ status: 404, title: 'Ten link donikąd nie prowadzi' });
    expect(await get('/nowhere', 'de')).toMatchObject({ status: 404, title: 'Hier ist nichts' });
    const big = await fetch(`${base}/s`, {
      method: 'POST',
      headers: { 'content-type': form, 'accept-language': 'de' },
      body: 'x'.repeat(70_000),
    });
    expect([big.status, await big.text()]).toEqual([413, expect.stringContaining('Das war zu viel')]);
    const gone = await reader(store, 'de');
    await privacyStore(store).erase(gone.profileId, 'test');
    expect(await get(paths(gone.sendId).p, 'pl')).toMatchObject({
      status: 410,
      lang: 'pl',
      title: 'Nic już o Państwu nie przechowujemy',
    });
    const oneClick = await fetch(`${base}${u}`, {
      method: 'POST',
      headers: { 'content-type': form },
      body: 'List-Unsubscribe=One-Click',
    });
    expect(oneClick.status).toBe(200);
    expect(await oneClick.text()).toContain('E‑Mails zu „Angebote“ mehr.');
  });

  test('whoever erases themselves is told so in the language that was just forgotten', async () => {
    const { sendId, profileId } = await reader(store, 'pl');
    const email = (await profileStore(store).byIds([profileId])).get(profileId)?.email ?? '';
    const answer = await fetch(`${base}${paths(sendId).p}/erase`, {
      method: 'POST',
      body: new URLSearchParams({ email }),
    });
    expect(await answer.text()).toContain('Wszystko, co Państwa dotyczy, zostało usunięte');
  });

  test('the sign-up page speaks the language that its address names, and so do its answers', async () => {
    for (const [path, accepted, lang] of [
      ['/s', 'pl', 'pl'],
      ['/s?language=de', 'pl', 'de'],
      ['/s?language=de-CH', undefined, 'de'],
      ['/s?language=xx', 'pl', 'pl'],
      ['/s?language=de&language=pl', 'fr', 'fr'],
    ] as const)
      expect(await get(path, accepted)).toMatchObject({ status: 200, lang });
    const { page } = await get('/s?language=de');
    expect(page).toContain('<input type="hidden" name="language" value="de">');
    expect(page).toContain('Ich möchte Angebote');
    const post = async (body: string) =>
      (
        await fetch(`${base}/s`, {
          method: 'POST',
          headers: { 'content-type': form, 'accept-language': 'pl' },
          body,
        })
      ).text();
    expect(await post('email=x&language=de')).toMatch(/<html lang="de">.*keine E‑Mail-Adresse/s);
    expect(await post('email=x%40example.test&topic=offers&language=de')).toMatch(
      /<html lang="de">.*in Ihr Postfach/s,
    );
    expect(await post('email=y%40example.test&topic=offers')).toMatch(/<html lang="pl">/);
  });
});

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
