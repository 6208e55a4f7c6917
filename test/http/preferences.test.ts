import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TopicBook } from '../../src/profiles/topics.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';
import { onEveryStore } from '../stores.ts';

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
    },
    {
      name: 'club',
      title: 'Club',
      about: undefined,
      wording: 'I want the club',
      signUp: false,
      hidden: false,
    },
    { name: 'inner', title: 'Inner', about: undefined, wording: undefined, signUp: false, hidden: true },
  ],
};
const now = Date.UTC(2026, 10, 24, 12);

type Fields = readonly [string, string][];

/** The form as a browser sends it, with own fields in the place of some. */
const form = (own: Fields, topics: readonly string[] = ['offers']): Fields => {
  const plain: Fields = [
    ['form', 'preferences'],
    ['shown', 'offers'],
    ['shown', 'club'],
    ...topics.map((topic): [string, string] => ['topic', topic]),
    ['often', 'usual'],
    ['max', ''],
    ['per', 'week'],
    ['pausedUntil', ''],
    ['quietFrom', ''],
    ['quietTo', ''],
    ['timeZone', ''],
    ['language', ''],
  ];
  return [...plain.filter(([name]) => !own.some(([other]) => other === name)), ...own];
};

onEveryStore('the preference page', (open) => {
  let store: Store;
  let server: PublicServer;
  beforeAll(async () => {
    store = await open();
    server = publicServer(store, undefined, { topics: book, now: () => now });
  });
  afterAll(() => server.http.close());

  const page = (sendId: number) => `/p/${server.tokens.of(sendId).preferences}`;
  const get = (url: string) => server.http.inject({ method: 'GET', url });
  const post = (url: string, fields: Fields) =>
    server.http.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'a browser' },
      remoteAddress: '203.0.113.7',
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
    const shown = (await get(page(sendId))).body;
    expect(shown).toContain('value="offers" checked');
    expect(shown).not.toContain('value="club" checked');
    expect(shown).toContain('value="news"');
    expect(shown).not.toContain('value="inner"');
    expect(shown).toContain('at most 2 a week');
    expect(shown).toContain('<option value="Europe/Berlin" selected>');
    expect(shown).toContain('<option value="de" lang="de">Deutsch</option>');
    const answer = await post(
      page(sendId),
      form(
        [
          ['shown', 'offers'],
          ['shown', 'news'],
          ['often', 'own'],
          ['max', '3'],
          ['per', 'month'],
          ['pausedUntil', '2026-12-24'],
          ['quietFrom', '22:15'],
          ['quietTo', '07:00'],
          ['timeZone', 'America/New_York'],
          ['language', 'de'],
        ],
        ['news'],
      ),
    );
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('Your choices are saved');
    expect(answer.body).toContain('value="22:15"');
    expect(answer.body).toContain('value="2026-12-24"');
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: 3,
      frequencyPer: 'month',
      quietFrom: 22 * 60 + 15,
      quietTo: 420,
      pausedUntil: Date.UTC(2026, 11, 24, 5),
      timeZone: 'America/New_York',
      attributes: { language: 'de' },
    });
    expect(await consents(profileId)).toEqual({ offers: 'out', news: 'in', events: 'in' });
    const kinds = await store.orm.select({ kind: store.tables.arrivals.kind }).from(store.tables.arrivals);
    expect(kinds).toEqual([{ kind: 'unsubscribe' }]);
    const { audit } = store.tables;
    const notes = await store.orm
      .select()
      .from(audit)
      .where(eq(audit.subject, `profile:${profileId}`));
    expect(notes).toMatchObject([
      { actor: 'customer', action: 'change', detail: { topics: ['news', 'offers'] } },
    ]);
  });

  test.each<[string, Fields, object]>([
    ['all', [['often', 'all']], { max: 1_000_000, per: 'day' }],
    ['one a week', [['often', 'week']], { max: 1, per: 'week' }],
    ['one a month', [['often', 'month']], { max: 1, per: 'month' }],
    ['only important', [['often', 'important']], { max: 1_000_000, per: 'day', importantOnly: true }],
  ])('how often: %s', async (_name, fields, frequency) => {
    const { sendId, profileId } = await sentLetter(store);
    const answer = await post(page(sendId), form(fields));
    expect(answer.body).toContain(`value="${fields[0]?.[1]}" checked`);
    expect((await profileStore(store).byIds([profileId])).get(profileId)?.frequency).toEqual(frequency);
  });

  test('emptied fields go back to what is usual, and a past pause is none', async () => {
    const { sendId, profileId } = await sentLetter(store);
    const { profiles } = store.tables;
    const own = {
      frequencyMax: 1,
      frequencyPer: 'day',
      quietFrom: 1,
      quietTo: 2,
      pausedUntil: now - 1,
      timeZone: 'Asia/Tokyo',
      attributes: { language: 'de', name: 'Ann' },
    };
    await store.orm.update(profiles).set(own).where(eq(profiles.id, profileId));
    await post(page(sendId), form([]));
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: null,
      frequencyPer: null,
      quietFrom: null,
      quietTo: null,
      pausedUntil: null,
      timeZone: null,
      attributes: { name: 'Ann' },
    });
    expect(await consents(profileId)).toEqual({ offers: 'in' });
  });

  test('an opt-in keeps its wording and a proof that names no machine', async () => {
    const { sendId, profileId } = await sentLetter(store);
    await post(page(sendId), form([], ['offers', 'club']));
    const club = (await consentStore(store).of(profileId)).find(({ topic }) => topic === 'club');
    expect(club).toMatchObject({
      state: 'in',
      source: 'preference page',
      wording: 'I want the club',
      proof: expect.stringMatching(
        new RegExp(`^by the link in letter ${sendId}; network [0-9a-f]{24}; program [0-9a-f]{24}$`),
      ),
    });
    expect(JSON.stringify(club)).not.toContain('203.0.113');
    expect(await consentStore(store).history(profileId)).toEqual([club]);
  });

  test('what waits for confirmation goes on waiting, unless it is ticked', async () => {
    const { sendId, profileId } = await sentLetter(store);
    await also(profileId, 'club', 'pending');
    expect((await get(page(sendId))).body).toContain('have not confirmed it yet');
    await post(page(sendId), form([]));
    expect(await consents(profileId)).toEqual({ offers: 'in', club: 'pending' });
    await post(page(sendId), form([], ['offers', 'club']));
    expect(await consents(profileId)).toEqual({ offers: 'in', club: 'in' });
  });

  test('everything stops with one button', async () => {
    const { sendId, profileId } = await sentLetter(store);
    await also(profileId, 'club', 'in');
    await also(profileId, 'news', 'pending');
    const answer = await post(`${page(sendId)}/stop`, []);
    expect(answer.body).toContain('You get no letters any more');
    expect(answer.body).not.toContain('name="topic" value="offers" checked');
    expect(await consents(profileId)).toEqual({ offers: 'out', club: 'out', news: 'out' });
    expect((await get(`${page(sendId)}/stop`)).statusCode).toBe(303);
  });

  test.each<[Fields, string]>([
    [
      [
        ['often', 'own'],
        ['max', '0'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['often', 'own'],
        ['max', '1e9'],
      ],
      'from 1 to 100',
    ],
    [
      [
        ['often', 'own'],
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
    [[['pausedUntil', 'tomorrow']], 'a date such as'],
    [[['pausedUntil', '2026-02-30']], 'a date such as'],
    [[['pausedUntil', '2026-11-24']], 'still to come'],
    [[['pausedUntil', '2099-01-01']], 'five years at most'],
    [[['timeZone', 'Mars/Olympus']], 'a time zone from the list'],
    [[['language', 'tlh']], 'a language from the list'],
    [[['often', 'hourly']], 'did not arrive whole'],
  ])('what makes no sense is said and changes nothing: %j', async (fields, text) => {
    const { sendId, profileId } = await sentLetter(store);
    const answer = await post(page(sendId), form([...fields, ['shown', 'offers']], []));
    expect(answer.statusCode).toBe(400);
    expect(answer.body).toContain(text);
    expect(await profile(profileId)).toMatchObject({
      frequencyMax: null,
      quietFrom: null,
      pausedUntil: null,
    });
    expect(await consents(profileId)).toEqual({ offers: 'in' });
    // What was typed is still there.
    if (!text.includes('whole')) expect(answer.body).not.toContain('value="offers" checked');
  });

  test('a form that is not ours changes nothing, and nobody gets into topics they were never asked about', async () => {
    const { sendId, profileId } = await sentLetter(store);
    expect((await post(page(sendId), [])).statusCode).toBe(400);
    expect((await server.http.inject({ method: 'POST', url: page(sendId) })).statusCode).toBe(400);
    for (const topic of ['secret', 'inner']) {
      await post(page(sendId), form([['shown', topic]], [topic]));
    }
    expect(await consents(profileId)).toEqual({ offers: 'in' });
    expect((await post('/p/x', [['form', 'preferences']])).statusCode).toBe(404);
    expect((await post(page(987_654), [['form', 'preferences']])).statusCode).toBe(404);
  });

  test('looking at any page changes nothing', async () => {
    const { sendId, profileId } = await sentLetter(store, { consent: 'in' });
    const dump = async () => {
      const { profiles, consents: held, consentChanges, arrivals, audit, sends } = store.tables;
      return JSON.stringify([
        await store.orm.select().from(profiles).where(eq(profiles.id, profileId)),
        await store.orm.select().from(held),
        await store.orm.select().from(consentChanges),
        await store.orm.select().from(arrivals),
        await store.orm.select().from(audit),
        await store.orm.select().from(sends).where(eq(sends.id, sendId)),
      ]);
    };
    const before = await dump();
    for (const path of ['', '/data', '/erase', '/download', '/stop']) {
      for (const method of ['GET', 'HEAD'] as const) {
        const answer = await server.http.inject({ method, url: `${page(sendId)}${path}` });
        expect(answer.statusCode).toBeLessThan(400);
        expect(answer.headers['cache-control']).toBe('no-store');
        expect(answer.headers['referrer-policy']).toBe('no-referrer');
      }
    }
    expect(await dump()).toBe(before);
  });
});
