import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('the preference page', (open) => {
  let store: Store;
  let server: PublicServer;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store);
  });
  afterAll(() => server.http.close());

  const page = (sendId: number) => `/p/${server.tokens.of(sendId).preferences}`;
  const post = (url: string, fields: readonly [string, string][]) =>
    server.http.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    });
  const profile = async (id: number) =>
    (await store.orm.select().from(store.tables.profiles).where(eq(store.tables.profiles.id, id)))[0];
  const consents = async (profileId: number) => {
    const { consents: table } = store.tables;
    const rows = await store.orm.select().from(table).where(eq(table.profileId, profileId));
    return Object.fromEntries(rows.map((row) => [row.topic, row.state]));
  };
  const also = (profileId: number, topic: string, state: string) =>
    store.orm.insert(store.tables.consents).values({ profileId, topic, state, at: 1, source: 'import' });

  test('shows what is chosen, and stores what is changed', async () => {
    const { sendId, profileId } = await sentLetter(store, { timeZone: 'Europe/Berlin' });
    await also(profileId, 'news', 'out');
    await also(profileId, 'events', 'in');
    const shown = (await server.http.inject({ method: 'GET', url: page(sendId) })).body;
    expect(shown).toContain('value="offers" checked');
    expect(shown).not.toContain('value="news" checked');
    expect(shown).toContain('at most 2 per week');
    expect(shown).toContain('Europe/Berlin');
    const answer = await post(page(sendId), [
      ['form', 'preferences'],
      ['shown', 'offers'],
      ['shown', 'news'],
      ['topic', 'news'],
      ['max', '3'],
      ['per', 'month'],
      ['quietFrom', '22:15'],
      ['quietTo', '07:00'],
    ]);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Your choices are saved');
    expect(answer.body).toContain('value="22:15"');
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: 3,
      frequencyPer: 'month',
      quietFrom: 22 * 60 + 15,
      quietTo: 420,
    });
    expect(await consents(profileId)).toEqual({ offers: 'out', news: 'in', events: 'in' });
    const kinds = await store.orm.select({ kind: store.tables.arrivals.kind }).from(store.tables.arrivals);
    expect(kinds).toEqual([{ kind: 'unsubscribe' }]);
  });

  test('emptied fields go back to what is usual', async () => {
    const { sendId, profileId } = await sentLetter(store);
    const { profiles } = store.tables;
    const own = { frequencyMax: 1, frequencyPer: 'day', quietFrom: 1, quietTo: 2 };
    await store.orm.update(profiles).set(own).where(eq(profiles.id, profileId));
    await post(page(sendId), [
      ['form', 'preferences'],
      ['shown', 'offers'],
      ['topic', 'offers'],
      ['max', ''],
      ['per', 'week'],
    ]);
    const usual = { frequencyMax: null, frequencyPer: null, quietFrom: null, quietTo: null };
    expect(await profile(profileId)).toMatchObject(usual);
    expect(await consents(profileId)).toEqual({ offers: 'in' });
  });

  test.each([
    [
      [
        ['max', '0'],
        ['per', 'week'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['max', '1e9'],
        ['per', 'week'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['max', '2'],
        ['per', 'century'],
      ],
      'per day, week or month',
    ],
    [[['quietFrom', '22:00']], 'a beginning and an end'],
    [
      [
        ['quietFrom', '25:00'],
        ['quietTo', '07:00'],
      ],
      'times such as',
    ],
    [
      [
        ['quietFrom', '07:00'],
        ['quietTo', '07:00'],
      ],
      'the same time',
    ],
  ] as [[string, string][], string][])(
    'what makes no sense is said and changes nothing: %j',
    async (fields, text) => {
      const { sendId, profileId } = await sentLetter(store);
      const answer = await post(page(sendId), [['form', 'preferences'], ['shown', 'offers'], ...fields]);
      expect(answer.statusCode).toBe(400);
      expect(answer.body).toContain(text);
      expect(await profile(profileId)).toMatchObject({ frequencyMax: null, quietFrom: null });
      expect(await consents(profileId)).toEqual({ offers: 'in' });
    },
  );

  test('a form that is not ours changes nothing, and nobody gets into topics they were never asked about', async () => {
    const { sendId, profileId } = await sentLetter(store);
    expect((await post(page(sendId), [])).statusCode).toBe(400);
    expect((await server.http.inject({ method: 'POST', url: page(sendId) })).statusCode).toBe(400);
    await post(page(sendId), [
      ['form', 'preferences'],
      ['shown', 'secret'],
      ['topic', 'secret'],
    ]);
    expect(await consents(profileId)).toEqual({ offers: 'in' });
    expect((await post('/p/x', [['form', 'preferences']])).statusCode).toBe(404);
    expect((await post(page(987_654), [['form', 'preferences']])).statusCode).toBe(404);
  });
});
