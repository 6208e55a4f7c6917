import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventsAnswer, MOST_BYTES, MOST_ITEMS } from '../../../src/http/api/schemas.ts';
import { parseRetention } from '../../../src/profiles/retention.ts';
import { eventStore } from '../../../src/store/events.ts';
import { identityStore } from '../../../src/store/identity.ts';
import { apiServer } from '../../fixtures/api-server.ts';
import { onEveryStore } from '../../stores.ts';

onEveryStore('POST /api/events', (open) => {
  const made = async () => {
    const store = await open();
    const server = apiServer(store);
    const secret = await server.key('events');
    const identities = identityStore(store);
    const events = eventStore(store);
    return {
      ...server,
      post: async (payload: object | string | Buffer) => {
        const headers = { 'content-type': 'application/json' };
        const answer = await server.call(secret, { method: 'POST', url: '/api/events', payload, headers });
        return { status: answer.statusCode, body: answer.json() };
      },
      of: async (email: string) => {
        const [id] = await identities.find([{ email, externalIds: [] }]);
        return id === undefined ? [] : events.timeline(id, 100);
      },
      summary: async (email: string) => {
        const [id] = await identities.find([{ email, externalIds: [] }]);
        return id === undefined ? [] : events.summary(id);
      },
    };
  };

  test('what is older than it is kept is refused, and says so', async () => {
    const store = await open();
    const server = apiServer(store, { retention: parseRetention('view=30d') });
    const secret = await server.key('events');
    const at = new Date(Date.now() - 31 * 86_400_000).toISOString();
    const payload = ['view', 'order'].map((type) => ({ type, email: 'ann@example.com', at }));
    const answer = await server.call(secret, { method: 'POST', url: '/api/events', payload });
    expect(answer.statusCode).toBe(207);
    expect(answer.json()).toMatchObject({ added: 1, refused: [{ index: 0, code: 'retention', path: 'at' }] });
  });

  test('one event is stored, and stored once', async () => {
    const { post, of, http } = await made();
    const event = {
      id: 'o-1',
      type: 'order',
      email: 'Ann@Example.com',
      at: '2026-11-01T10:00:00Z',
      properties: { total: 49.9 },
    };
    expect(await post(event)).toEqual({
      status: 200,
      body: { added: 1, duplicates: [], restated: [], refused: [] },
    });
    expect(await post(event)).toEqual({
      status: 200,
      body: { added: 0, duplicates: [0], restated: [], refused: [] },
    });
    expect(await post([{ ...event, properties: {} }, { ...event, type: 'return' }, event])).toEqual({
      status: 207,
      body: {
        added: 0,
        duplicates: [0, 2],
        restated: [0],
        refused: [{ index: 1, code: 'id', path: 'id', message: expect.stringContaining('another event') }],
      },
    });
    // Without an id, what agrees in everything is one event.
    const { id: _id, ...nameless } = event;
    expect(await post([nameless, nameless, { ...nameless, properties: {} }])).toMatchObject({
      body: { added: 2, duplicates: [1] },
    });
    expect(await post(nameless)).toMatchObject({ body: { added: 0, duplicates: [0] } });
    expect((await of('ann@example.com')).map(({ type, properties }) => [type, properties])).toEqual(
      expect.arrayContaining([['order', { total: 49.9 }]]),
    );
    expect(await of('ann@example.com')).toHaveLength(3);
    await http.close();
  });

  test('external ids alone are enough, and a profile id when somebody has it', async () => {
    const { post, deps, http } = await made();
    await post({ type: 'view', externalIds: { shop: 4711 } });
    const [id] = await deps.identities.find([{ externalIds: [{ source: 'shop', value: '4711' }] }]);
    expect(
      await post([
        { type: 'view', profileId: id, id: 'v' },
        { type: 'view', profileId: 99_999 },
      ]),
    ).toEqual({
      status: 207,
      body: {
        added: 1,
        duplicates: [],
        restated: [],
        refused: [{ index: 1, code: 'profileId', path: 'profileId', message: 'no profile has this id' }],
      },
    });
    expect(await deps.events.summary(id ?? 0)).toMatchObject([{ type: 'view', count: 2 }]);
    await http.close();
  });

  test('late and out-of-order events count at their own time', async () => {
    const { post, summary, of, http } = await made();
    const at = (day: number) => new Date(Date.UTC(2026, 10, day)).toISOString();
    for (const day of [20, 3, 11]) {
      await post({ type: 'order', email: 'ben@example.com', at: at(day), id: `o-${day}` });
    }
    expect(await summary('ben@example.com')).toEqual([
      { type: 'order', count: 3, first: Date.parse(at(3)), last: Date.parse(at(20)) },
    ]);
    const [newest] = await of('ben@example.com');
    expect(newest?.at).toBe(Date.parse(at(20)));
    expect(newest?.receivedAt).toBeGreaterThan(Date.parse(at(20)));
    await http.close();
  });

  test('of a batch the good ones are stored, and the others named with place, path and reason', async () => {
    const { post, of, http } = await made();
    const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
    const who = { email: 'cy@example.com' };
    const good = { type: 'order', ...who, id: 'good' };
    const batch = [
      good,
      { type: 'order', ...who, at: '1970-01-01' },
      { type: 'order', ...who, at: '2999-01-01T00:00:00Z' },
      { type: 'order', ...who, at: 'yesterday' },
      { type: 'order', ...who, properties: 'DEEP' },
      { type: 'order', ...who, properties: { a: { constructor: 1 } } },
      { type: 'order', ...who, properties: [1] },
      { type: 'or/der', ...who },
      { type: 'order' },
      { type: 'order', email: 'no address' },
      { type: 'order', ...who, externalIds: { email: 'x' } },
      { type: 'order', ...who, externalIds: { shop: {} } },
      { type: 'order', ...who, total: 5 },
      { type: 'order', ...who, id: 5 },
      { type: 'order', ...who, id: 'a\u0000b' },
      { type: 'order', ...who, properties: { a: '\ud800' } },
      null,
      'order',
      good,
    ];
    const { status, body } = await post(JSON.stringify(batch).replace('"DEEP"', deep));
    expect(status).toBe(207);
    expect(body).toMatchObject({ added: 1, duplicates: [18] });
    const refused = eventsAnswer
      .parse(body)
      .refused.map(({ index, path, message }) => `${index} ${path}: ${message}`);
    expect(refused).toMatchInlineSnapshot(`
      [
        "1 at: its time is before 1990",
        "2 at: its time is more than a day in the future",
        "3 at: it is no date that can be read, such as 2026-11-24T10:15:00Z",
        "4 properties: it cannot be stored: it is nested deeper than 8 levels",
        "5 properties: it cannot be stored: the name constructor cannot be used",
        "6 properties: it must be an object",
        "7 type: it cannot name events: up to 100 letters, digits, spaces, and . _ : -, a letter or digit first",
        "8 : it does not say whose it is: give email, externalIds or profileId",
        "9 email: it is no e-mail address: it has no @",
        "10 externalIds.email: the source email is Dear's own: give an address as the e-mail",
        "11 externalIds.shop: it must be a text or a number",
        "12 : it has a field that is not known here: total",
        "13 id: invalid input: expected string, received number",
        "14 id: it holds characters that cannot be stored",
        "15 properties: it cannot be stored: a text holds half a character (a lone surrogate)",
        "16 : invalid input: expected object, received null",
        "17 : invalid input: expected object, received string",
      ]
    `);
    expect(await of('cy@example.com')).toHaveLength(1);
    expect(await post([{ type: 'order' }])).toMatchObject({ status: 400, body: { added: 0 } });
    await http.close();
  });

  test('a type may be of any script, and is the same however its letters are composed', async () => {
    const { post, summary, http } = await made();
    const types = ['заказ оформлен', '注文', 'ordér', 'orde\u0301r'];
    const batch = types.map((type, index) => ({ type, email: 'dee@example.com', id: `t-${index}` }));
    expect(await post(batch)).toMatchObject({ status: 200, body: { added: 4 } });
    const counts = (await summary('dee@example.com')).map(({ type, count }) => `${type} ${count}`);
    expect(counts.toSorted()).toEqual(['ordér 2', 'заказ оформлен 1', '注文 1']);
    const unseen = await post({ type: 'or\u200bder', email: 'dee@example.com' });
    expect(unseen).toMatchObject({ status: 400 });
    await http.close();
  });

  test('a key __proto__ is refused wherever it stands', async () => {
    const { post, http } = await made();
    const start = '{"type":"order","email":"d@example.com"';
    for (const rest of [
      '"__proto__":{"x":1}',
      '"properties":{"__proto__":1}',
      '"externalIds":{"__proto__":"x"}',
    ]) {
      const { status, body } = await post(`${start},${rest}}`);
      expect([status, eventsAnswer.parse(body).refused.length]).toEqual([400, 1]);
      expect(JSON.stringify(body)).toMatch(/__proto__/);
    }
    expect(Object.hasOwn(Object.prototype, 'x')).toBe(false);
    await http.close();
  });

  test('a body that cannot be read says why', async () => {
    const { post, http } = await made();
    const problem = async (payload: string | Buffer | object) => {
      const { status, body } = await post(payload);
      return `${status} ${body.error.code}: ${body.error.message}`;
    };
    expect(await problem('{"type":"order","total":NaN}')).toMatch(/^400 api.body: .*Unexpected token 'N'/);
    expect(await problem('[{"type":"order"},')).toMatch(/^400 api.body/);
    expect(await problem(Buffer.from([...Buffer.from('{"type":"'), 0xe4, 0x22, 0x7d]))).toMatch(
      /^400 api.body: .*not UTF-8 \(it goes wrong at byte 10\)/,
    );
    expect(await problem(' '.repeat(MOST_BYTES + 1))).toBe(
      '413 api.too-large: The body is larger than 2 MiB.',
    );
    expect(await problem(Array(MOST_ITEMS + 1).fill({ type: 'order' }))).toMatch(
      /^413 api.too-many: There are 1001/,
    );
    await http.close();
  });

  test('whatever is sent, each item is added, known or refused, once', async () => {
    const { post, http } = await made();
    const item = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          id: fc.oneof(fc.string(), fc.jsonValue()),
          type: fc.oneof(fc.constantFrom('order', 'view'), fc.string()),
          email: fc.oneof(fc.constantFrom('e@example.com', 'f@example.com'), fc.string()),
          at: fc.oneof(fc.date({ noInvalidDate: true }).map(String), fc.double(), fc.string()),
          properties: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
          externalIds: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
        },
        { requiredKeys: ['type', 'email'] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
        const { status, body } = await post(items);
        expect([200, 207, 400]).toContain(status);
        const { added, duplicates, refused } = eventsAnswer.parse(body);
        expect(added + duplicates.length + refused.length).toBe(items.length);
        expect(new Set([...duplicates, ...refused.map(({ index }) => index)]).size).toBe(
          duplicates.length + refused.length,
        );
      }),
      { numRuns: 60 },
    );
    await http.close();
  });

  test('many at once share commits, and each has its own answer', async () => {
    const { post, of, http } = await made();
    const one = (n: number) => ({ id: `n-${n % 150}`, type: 'view', email: `g${(n % 150) % 7}@example.com` });
    const answers = await Promise.all(Array.from({ length: 300 }, (_, n) => post(one(n))));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(answers.reduce((sum, { body }) => sum + body.added, 0)).toBe(150);
    const stored = await Promise.all(Array.from({ length: 7 }, (_, n) => of(`g${n}@example.com`)));
    expect(stored.flat()).toHaveLength(150);
    await http.close();
  });
});
