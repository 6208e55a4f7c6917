import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('unsubscribing', (open) => {
  let store: Store;
  let server: PublicServer;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store);
  });
  afterAll(() => server.http.close());

  const consents = (profileId: number) =>
    store.orm.select().from(store.tables.consents).where(eq(store.tables.consents.profileId, profileId));
  const changes = (profileId: number) =>
    store.orm
      .select()
      .from(store.tables.consentChanges)
      .where(eq(store.tables.consentChanges.profileId, profileId));
  const post = (url: string, type?: string, payload?: string) =>
    server.http.inject({
      method: 'POST',
      url,
      ...(type === undefined ? {} : { headers: { 'content-type': type } }),
      ...(payload === undefined ? {} : { payload }),
    });

  const form = 'application/x-www-form-urlencoded';
  const multipart = [
    '--x1',
    'Content-Disposition: form-data; name="List-Unsubscribe"',
    '',
    'One-Click',
    '--x1--',
    '',
  ].join('\r\n');
  const typed = multipart.replace('\r\n\r\nOne', '\r\nContent-Type: text/plain\r\n\r\nOne');

  test.each([
    ['one-click', form, 'List-Unsubscribe=One-Click'],
    ['one-click', 'multipart/form-data; boundary=x1', multipart],
    ['one-click', 'multipart/form-data; boundary=x1', typed],
    ['unsubscribe link', form, 'how=button'],
    ['unsubscribe link', undefined, undefined],
    ['unsubscribe link', 'application/json', '{ broken'],
    ['unsubscribe link', 'multipart/form-data', 'broken too'],
    ['unsubscribe link', 'x/y', ''],
  ])('POST acts at once: %s as %s', async (source, type, payload) => {
    const { sendId, profileId } = await sentLetter(store);
    const answer = await post(`/u/${server.tokens.of(sendId).unsubscribe}`, type, payload);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(answer.body).toContain('no longer gets letters about ‘Offers’');
    expect(await consents(profileId)).toMatchObject([{ topic: 'offers', state: 'out', source }]);
    expect(await changes(profileId)).toMatchObject([{ state: 'out', source }]);
  });

  test('GET and HEAD show and change nothing', async () => {
    const { sendId, profileId } = await sentLetter(store, {
      topic: 'garden & <home>',
      email: 'anna@example.test',
    });
    const url = `/u/${server.tokens.of(sendId).unsubscribe}`;
    const shown = await server.http.inject({ method: 'GET', url });
    await server.http.inject({ method: 'HEAD', url });
    expect(shown.body).toContain('Garden &amp; &lt;home&gt;');
    expect(shown.body).toContain('a•••@example.test');
    expect(shown.body).not.toContain('anna@');
    expect(shown.body).toContain('<form method="post"');
    expect(shown.body).not.toContain('<script');
    expect(shown.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-robots-tag': 'noindex, nofollow',
    });
    expect(shown.headers['content-security-policy']).toContain("default-src 'none'");
    expect((await consents(profileId))[0]?.state).toBe('in');
    expect(await changes(profileId)).toHaveLength(0);
  });

  test('repeating it changes nothing, and it can be taken back', async () => {
    const { sendId, profileId } = await sentLetter(store);
    const url = `/u/${server.tokens.of(sendId).unsubscribe}`;
    await post(url);
    await post(url, form, 'List-Unsubscribe=One-Click');
    expect(await changes(profileId)).toHaveLength(1);
    expect((await server.http.inject({ method: 'GET', url })).body).toContain('These letters have stopped');
    const undone = await post(`${url}/undo`, form, '');
    expect(undone.body).toContain('Welcome back');
    expect((await consents(profileId))[0]?.state).toBe('in');
    expect((await changes(profileId)).map((change) => change.state)).toEqual(['out', 'in']);
    const reloaded = await server.http.inject({ method: 'GET', url: `${url}/undo` });
    expect(reloaded.statusCode).toBe(303);
  });

  test('a token of another kind, a broken one, or of a letter that is gone changes nothing', async () => {
    const { sendId, profileId } = await sentLetter(store);
    const { click, unsubscribe } = server.tokens.of(sendId);
    const gone = server.tokens.of(987_654).unsubscribe;
    for (const token of [click, `${unsubscribe}x`, unsubscribe.slice(1), 'x', gone]) {
      expect((await post(`/u/${token}`)).statusCode).toBe(404);
      expect((await post(`/u/${token}/undo`)).statusCode).toBe(404);
      expect((await server.http.inject({ method: 'GET', url: `/u/${token}` })).statusCode).toBe(404);
    }
    expect((await consents(profileId))[0]?.state).toBe('in');
    expect((await post(`/u/${unsubscribe}`, form, 'x'.repeat(100_000))).statusCode).toBe(413);
  });
});
