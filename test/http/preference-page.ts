import { eq } from 'drizzle-orm';
import { afterAll, beforeAll } from 'vitest';
import type { TopicBook } from '../../src/profiles/topics.ts';
import type { Store } from '../../src/store/database.ts';
import { sentLetter } from '../fixtures/ledger.ts';
import { type PublicServer, publicServer } from '../fixtures/public-server.ts';

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
export const now = Date.UTC(2026, 10, 24, 12);

export type Fields = readonly [string, string][];

/** The form as a browser sends it, with own fields in the place of some. */
export const form = (own: Fields, topics: readonly string[] = ['offers']): Fields => {
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

/** What a browser sends when nothing on the page was touched. */
export function asShown(page: string): Fields {
  const fields: [string, string][] = [];
  let select = '';
  const own = page.split('<form').find((part) => part.includes('value="preferences"')) ?? '';
  for (const [, tag = '', attributes = ''] of own.matchAll(/<(input|select|option|textarea)\b([^>]*)>/g)) {
    const value = (name: string) =>
      new RegExp(` ${name}="([^"]*)"`).exec(attributes)?.[1]?.replaceAll('&quot;', '"');
    if (tag === 'select') select = value('name') ?? '';
    if (tag === 'option' && / selected\b/.test(attributes)) fields.push([select, value('value') ?? '']);
    const isTick = ['checkbox', 'radio'].includes(value('type') ?? '');
    if (tag === 'input' && (!isTick || / checked\b/.test(attributes)))
      fields.push([value('name') ?? '', value('value') ?? '']);
  }
  return fields;
}

/** The preference page over a new store, for the tests of one suite, and what it stores. */
export function preferencePage(open: () => Promise<Store>) {
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

  return {
    store: () => store,
    http: () => server.http,
    letter: (wanted?: Parameters<typeof sentLetter>[1]) => sentLetter(store, wanted),
    page,
    get,
    post,
    profile,
    consents,
    also,
  };
}
