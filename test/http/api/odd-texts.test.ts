import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventSchema, profileSchema } from '../../../src/http/api/schemas.ts';
import { callSchema, callTypes } from '../../../src/http/api/segment-schemas.ts';
import type { TopicBook } from '../../../src/profiles/topics.ts';
import { confirmationStore } from '../../../src/store/confirmations.ts';
import type { Store } from '../../../src/store/database.ts';
import { eventStore } from '../../../src/store/events.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { type ApiServer, apiServer } from '../../fixtures/api-server.ts';
import { publicServer } from '../../fixtures/public-server.ts';
import { onEveryStore } from '../../stores.ts';

const HALF = '\ud83d';
const units = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes));
const ends = fc.constantFrom('😀', '\0', HALF, '');
/** What one of the databases cannot hold, what it can, and texts at the edges of our limits. */
const odd = fc.oneof(
  fc.constantFrom(
    '\0',
    'a\0b',
    HALF,
    `a${HALF}b`,
    '\ude00',
    '',
    ' ',
    '\ufeff',
    '\ufffe',
    '\u202e',
    '😀',
    '\\u0000',
  ),
  fc.tuple(fc.constantFrom(34, 79, 199, 1999), ends).map(([length, end]) => 'x'.repeat(length) + end),
  units,
);

/** A good item in which some fields are odd: as texts, as values of objects, and as their names. */
function spoilt(good: Readonly<Record<string, unknown>>, fields: readonly string[]) {
  const value = fc.oneof(
    odd,
    fc.dictionary(odd, odd, { maxKeys: 2 }),
    fc.record({ shop: odd, email: odd, offers: odd }, { requiredKeys: [] }),
    fc.record({ locale: odd, page: fc.record({ title: odd }), campaign: fc.record({ name: odd }) }),
  );
  const changes = fc.dictionary(fc.constantFrom(...fields), value, { minKeys: 1, maxKeys: 3 });
  return fc
    .tuple(changes, fc.option(fc.tuple(odd, odd), { freq: 9, nil: undefined }))
    .map(([changed, more]) => ({ ...good, ...changed, ...(more && { [more[0]]: more[1] }) }));
}

const book: TopicBook = {
  from: { name: 'Shop', address: 'shop@example.test' },
  topics: [
    { name: 'offers', title: 'Offers', about: undefined, wording: 'Yes', signUp: true, hidden: false },
  ],
};

onEveryStore('texts that a database cannot hold', (open) => {
  let store: Store;
  let server: ApiServer;
  let key = '';
  let serial = 0;
  beforeAll(async () => {
    store = await open();
    server = apiServer(store);
    key = await server.key('events', 'profiles', 'read');
  });
  afterAll(() => server.http.close());

  const post = (url: string, payload: object) => server.call(key, { method: 'POST', url, payload });
  const runs = { numRuns: 250 };

  test.each([
    ['/api/profiles', { email: 'ann@example.test', consent: { offers: 'in' } }, profileSchema],
    ['/api/events', { email: 'ann@example.test', type: 'order' }, eventSchema],
  ] as const)('%s never fails, and takes the good items beside', async (url, good, schema) => {
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt(good, Object.keys(schema.shape)), { maxLength: 3 }), async (items) => {
        serial += 1;
        const answer = await post(url, [...items, { ...good, email: `good${serial}@example.test` }]);
        expect(answer.body).toContain('"refused"');
        expect([200, 207]).toContain(answer.statusCode);
        const refused: { index: number }[] = answer.json().refused;
        expect(refused.map(({ index }) => index)).not.toContain(items.length);
      }),
      { ...runs, examples: [[[{ ...good, consentSource: '\0' }]], [[{ ...good, [`f${HALF}`]: 1 }]]] },
    );
  });

  test('the calls of Segment never fail, and take the good ones beside', async () => {
    const good = { anonymousId: 'a', event: 'Viewed', previousId: 'b' };
    const call = fc
      .tuple(fc.constantFrom(...callTypes), spoilt(good, Object.keys(callSchema.shape)))
      .map(([type, item]) => ({ type, ...item }));
    const page = { type: 'page', anonymousId: 'a' };
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (items) => {
        serial += 1;
        const batch = [...items, { type: 'track', userId: `good${serial}`, event: 'Viewed' }];
        const answer = await post('/v1/batch', { batch });
        expect(answer.statusCode).toBe(200);
        const { refused = [] }: { refused?: { index: number }[] } = answer.json();
        expect(refused.map(({ index }) => index)).not.toContain(items.length);
      }),
      {
        ...runs,
        examples: [
          ...['name', 'category', 'groupId'].flatMap((field) => [
            [[{ ...page, type: 'group', [field]: '\0' }]] as [object[]],
            [[{ ...page, [field]: HALF }]] as [object[]],
          ]),
          [[{ ...page, context: { locale: HALF } }]],
          [[{ ...page, context: { page: { title: `${'x'.repeat(1999)}😀` } } }]],
        ],
      },
    );
  });

  test('what somebody states is refused in words; what a browser adds is left out', async () => {
    const refused = await post('/v1/page', { anonymousId: 'p', name: 'Home\0' });
    expect(refused.json().refused).toMatchObject([
      { code: 'text', path: 'name', message: 'it cannot be stored: a text holds a NUL character' },
    ]);
    const source = await post('/api/profiles', {
      email: 'a@example.test',
      consent: { offers: 'in' },
      consentSource: HALF,
    });
    expect(source.json().refused).toMatchObject([{ code: 'text', path: 'consentSource' }]);
    const context = { locale: 'de\0', page: { path: `/${'x'.repeat(1998)}😀`, title: 'a\0' } };
    expect((await post('/v1/page', { anonymousId: 'q', context })).json()).toEqual({ success: true });
    const externalIds = [{ source: 'anonymousId', value: 'q' }];
    const [id = 0] = await identityStore(store).find([{ externalIds }]);
    const [event] = await eventStore(store).timeline(id, 1);
    expect(event?.properties).toEqual({ context: { page: { path: `/${'x'.repeat(1998)}` } } });
  });

  test('a profile is asked for by whatever stands in the path', async () => {
    await fc.assert(
      fc.asyncProperty(odd, async (text) => {
        for (const who of [text, `shop:${text}`, `${text}@example.test`]) {
          const path = encodeURIComponent(who.toWellFormed());
          const { statusCode } = await server.call(key, { method: 'GET', url: `/api/profiles/${path}` });
          expect([400, 404, 414]).toContain(statusCode);
        }
      }),
      { examples: [['\0'], ['😀']] },
    );
  });

  test('a form on the shop’s site signs its customer up, whatever its hidden fields hold', async () => {
    const open = publicServer(store, undefined, { topics: book });
    const field = fc.constantFrom('source', 'language', 'shownIn', 'topic');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(field, odd, { minKeys: 1 }), async (fields) => {
        serial += 1;
        const email = `form${serial}@example.test`;
        const form = new URLSearchParams({ ...fields, email });
        form.append('topic', 'offers');
        const headers = { 'content-type': 'application/x-www-form-urlencoded', 'accept-language': 'de' };
        const url = '/s';
        const answer = await open.http.inject({ method: 'POST', url, headers, payload: form.toString() });
        expect(answer.statusCode).toBe(200);
        expect((await confirmationStore(store).list(1))[0]?.address).toBe(email);
      }),
      { examples: [[{ source: '\0' }], [{ source: `${'x'.repeat(79)}😀` }], [{ language: 'x'.repeat(36) }]] },
    );
    await open.http.close();
  });

  test('the keys’ own book holds why something was refused', async () => {
    await post('/api/events', { type: 'order', email: 'a@example.test', [`\0${HALF}`]: 1 });
    await post('/api/events', { type: 'order', externalIds: { [`\0${HALF}`]: '1' } });
    await server.http.close();
    expect(server.logged.filter((line) => !line.endsWith(' answered'))).toEqual([]);
    const used = await server.deps.keys.list();
    expect(used.find(({ stored }) => stored > 0)?.lastRefusal).toContain('externalIds.');
  });
});
