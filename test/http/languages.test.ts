import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listenHttp } from '../../src/http/server.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { asShown } from './preference-page.ts';
import { form, own } from './translated-book.ts';

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
