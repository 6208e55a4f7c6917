import { asc } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('opens and clicks', (open) => {
  let store: Store;
  let server: PublicServer;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store);
  });
  afterAll(() => server.http.close());

  const stored = () => store.orm.select().from(store.tables.arrivals).orderBy(asc(store.tables.arrivals.id));
  const get = (url: string, method: 'GET' | 'HEAD' = 'GET') =>
    server.http.inject({ method, url, headers: { 'user-agent': 'a browser' } });

  test('the pixel is a GIF of 43 bytes that nobody caches, and an open is stored before it is answered', async () => {
    const { sendId } = await sentLetter(store);
    const wakes = server.wakes();
    const answer = await get(`/o/${server.tokens.of(sendId).open}.gif`);
    expect(answer).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'image/gif', 'cache-control': 'no-store' },
    });
    expect(answer.rawPayload.length).toBe(43);
    expect(answer.rawPayload.subarray(0, 6).toString('latin1')).toBe('GIF89a');
    const last = (await stored()).at(-1);
    expect(last).toMatchObject({ kind: 'open', state: 'new', facts: { send: sendId, agent: 'a browser' } });
    expect(server.wakes()).toBe(wakes + 1);
  });

  test('a token that is not ours gets the pixel too and stores nothing', async () => {
    const before = (await stored()).length;
    for (const path of ['/o/5.aaaaaaaaaaaaaaaa.gif', '/o/x.gif', `/o/${server.tokens.of(1).click}.gif`]) {
      const answer = await get(path);
      expect(answer.headers['content-type']).toBe('image/gif');
      expect(answer.rawPayload.length).toBe(43);
    }
    await get(`/o/${server.tokens.of(1).open}.gif`, 'HEAD');
    expect(await stored()).toHaveLength(before);
  });

  test('a click leads to the link of its decision; HEAD says the same and counts nothing', async () => {
    const links = ['https://shop.example.test/spring?a=1&b=ü', 'http://other.example.test/'];
    const { sendId } = await sentLetter(store, { links });
    const token = server.tokens.of(sendId).click;
    const answer = await get(`/c/${token}/0`);
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe('https://shop.example.test/spring?a=1&b=%C3%BC');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    const after = await stored();
    expect(after.at(-1)).toMatchObject({
      kind: 'click',
      facts: { send: sendId, link: 0, agent: 'a browser' },
    });
    const head = await get(`/c/${token}/1`, 'HEAD');
    expect(head).toMatchObject({ statusCode: 302, headers: { location: 'http://other.example.test/' } });
    expect(await stored()).toHaveLength(after.length);
  });

  test('no link leads anywhere else', async () => {
    const links = [
      'javascript:alert(1)',
      'data:text/html,x',
      '//evil.example.test',
      'nonsense',
      'ftp://files.example.test/',
    ];
    const { sendId } = await sentLetter(store, { links });
    const { click, open: opens } = server.tokens.of(sendId);
    const paths = [...links.keys(), 5, -1, '00', '1e0', 'https:%2f%2fevil.example.test'].map(
      (n) => `/c/${click}/${n}`,
    );
    const before = (await stored()).length;
    for (const path of [
      ...paths,
      `/c/${opens}/0`,
      `/c/${server.tokens.of(987_654).click}/0`,
      '/c/x/0',
      `/c/${click}/`,
    ]) {
      const answer = await get(path);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers.location).toBeUndefined();
      expect(answer.body).toContain('<main>');
    }
    expect(await stored()).toHaveLength(before);
  });

  test("a letter's own links have the numbers behind those that are the same in every letter", async () => {
    const sameLinks = ['https://shop.example.test/a', 'https://shop.example.test/b'];
    const { sendId } = await sentLetter(store, { sameLinks, links: ['https://shop.example.test/own'] });
    const { click } = server.tokens.of(sendId);
    const locations = await Promise.all(
      [0, 1, 2].map(async (index) => (await get(`/c/${click}/${index}`)).headers.location),
    );
    expect(locations).toEqual([...sameLinks, 'https://shop.example.test/own']);
    expect((await get(`/c/${click}/3`)).statusCode).toBe(404);
  });

  test('line breaks in a stored link reach no header', async () => {
    const { sendId } = await sentLetter(store, { links: ['https://shop.example.test/\r\nset-cookie: a=b'] });
    const answer = await get(`/c/${server.tokens.of(sendId).click}/0`);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.headers.location).toBe('https://shop.example.test/set-cookie:%20a=b');
  });

  test('whatever path is asked for, the answer is never an error of ours', async () => {
    const rest = fc.oneof(
      fc.webPath(),
      fc.string(),
      fc.string({ unit: 'binary' }).map(encodeURIComponentSafely),
    );
    const path = fc
      .oneof(
        rest.map((text) => `/${text}`),
        rest.map((text) => `/c/${text}/0`),
      )
      .filter(isPath);
    await fc.assert(
      fc.asyncProperty(path, async (url) => {
        const answer = await server.http.inject({ method: 'GET', url });
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
    for (const url of ['/%', '/o/%E0%A4%A', `/${'a'.repeat(20_000)}`, '/../../etc/passwd', '/c//0']) {
      expect((await server.http.inject({ method: 'GET', url })).statusCode).toBeGreaterThanOrEqual(400);
    }
  });

  test('nothing that is logged names a reader or a token', async () => {
    const { sendId } = await sentLetter(store, { email: 'quite-private@example.test' });
    const all = server.tokens.of(sendId);
    for (const url of [
      `/o/${all.open}.gif`,
      `/c/${all.click}/0`,
      `/u/${all.unsubscribe}`,
      `/nowhere/${all.click}`,
    ])
      await get(url);
    await new Promise((resolve) => setImmediate(resolve));
    const log = server.logged.join('\n');
    expect(log).toContain('GET /u/:token');
    for (const secret of ['quite-private', all.open, all.click, all.unsubscribe, '/nowhere'])
      expect(log).not.toContain(secret);
  });

  test('a hit that could not be stored is not answered as if it were', async () => {
    const failing = publicServer(store, { add: () => Promise.reject(new Error('the disk is full')) });
    const { sendId } = await sentLetter(store);
    const answer = await failing.http.inject({
      method: 'GET',
      url: `/o/${failing.tokens.of(sendId).open}.gif`,
    });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('disk');
    expect(failing.logged.join()).toContain('the disk is full');
    await failing.http.close();
  });
});

const encodeURIComponentSafely = (text: string) => encodeURIComponent(Buffer.from(text).toString());
// `inject` reads a path relative to a base, as a client does; what it cannot read never reaches the server.
const isPath = (text: string) => !text.startsWith('//') && URL.canParse(text, 'http://localhost');
