import { expect, test } from 'vitest';
import { ANONYMOUS } from '../../src/profiles/identity.ts';
import type { Subject } from '../../src/segments/evaluate.ts';
import type { SegmentStore } from '../../src/segments/port.ts';
import { parseRule } from '../../src/segments/rule.ts';
import type { Store } from '../../src/store/database.ts';
import { identityStore } from '../../src/store/identity.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { NOW } from '../segments/arbitrary-subjects.ts';
import { onEveryStore } from '../stores.ts';
import { insert } from './subjects.ts';

const DAY = 86_400_000;

const anna: Subject = {
  profile: {
    id: 0,
    email: 'anna@example.test',
    attributes: { country: 'France', age: 41, 'a.b': "O'Brien" },
  },
  events: [
    { type: 'order', at: NOW - 100 * DAY, properties: { invoice: 'A', price: 10, quantity: 1 } },
    { type: 'order', at: NOW - 10 * DAY, properties: { invoice: 'B', price: 2.55, quantity: 6 } },
    { type: 'order', at: NOW - 10 * DAY, properties: { invoice: 'B', price: 1, quantity: 2 } },
  ],
};
const ben: Subject = {
  profile: { id: 0, email: 'ben@example.test', attributes: { country: 'France' } },
  events: [{ type: 'order', at: NOW - 5 * DAY, properties: { invoice: 'C', price: 99, quantity: 1 } }],
};
const cleo: Subject = {
  profile: { id: 0, email: 'cleo@example.test', attributes: { country: 'Peru' } },
  events: [],
};

onEveryStore('SegmentStore', (open) => {
  const rule = (value: unknown) => parseRule(value, 'rule');
  const french = { name: 'french', about: 'in France', rule: rule({ attribute: 'country', is: 'France' }) };

  async function shop(): Promise<{ segments: SegmentStore; ids: number[]; store: Store }> {
    const store = await open();
    const stored = await insert(store, [anna, ben, cleo]);
    return { segments: segmentStore(store), ids: stored.map(({ profile }) => profile.id), store };
  }

  test('counts, samples and names members, following saved segments', async () => {
    const { segments, ids } = await shop();
    await segments.save(french, NOW);
    const buyers = rule({
      all: [
        { segment: 'french' },
        { did: 'order', within: '90d', distinct: { property: 'invoice', atLeast: 1 } },
      ],
    });
    expect(await segments.count(buyers, NOW)).toBe(2);
    expect(await segments.sample(buyers, NOW, 1)).toHaveLength(1);
    expect((await segments.sample(buyers, NOW, 10)).map(({ email }) => email).sort()).toEqual([
      'anna@example.test',
      'ben@example.test',
    ]);
    expect(await segments.matching(buyers, NOW, ids)).toEqual(new Set(ids.slice(0, 2)));
    expect(await segments.matching(buyers, NOW, [])).toEqual(new Set());
    expect(await segments.matching(buyers, NOW, [...ids.slice(0, 1), ...ids.slice(0, 1), 99_999])).toEqual(
      new Set(ids.slice(0, 1)),
    );
  });

  test('order lines make orders, and price times quantity makes a total', async () => {
    const { segments, ids } = await shop();
    const twice = (within: string) =>
      rule({ did: 'order', within, distinct: { property: 'invoice', atLeast: 2 } });
    expect(await segments.count(twice('90d'), NOW)).toBe(0);
    expect(await segments.matching(twice('101d'), NOW, ids)).toEqual(new Set(ids.slice(0, 1)));
    const spent = (bound: object) =>
      rule({
        all: [
          { attribute: 'age', exists: true },
          { did: 'order', within: '90d', sum: { property: 'price', times: 'quantity', ...bound } },
        ],
      });
    expect(await segments.count(spent({ gte: 17.3 }), NOW)).toBe(1);
    expect(await segments.count(spent({ gt: 17.3 }), NOW)).toBe(0);
  });

  test('exports attributes, and external ids as far as they are sure', async () => {
    const { segments, ids, store } = await shop();
    const identities = identityStore(store);
    const id = (source: string, value: string) => ({ source, value });
    const [annaId = 0, benId = 0, cleoId = 0] = ids;
    const trusted = { create: true, changeEmail: true };
    await identities.resolve(
      [{ profileId: annaId, externalIds: [id('shop', '2'), id('crm', 'x "1"')] }],
      1,
      trusted,
    );
    await identities.resolve([{ profileId: annaId, externalIds: [id('shop', '10')] }], 2, trusted);
    // What anybody may have said, a browser, and an address that was given up.
    await identities.resolve(
      [{ profileId: benId, email: 'benno@example.test', externalIds: [id(ANONYMOUS, 'b')] }],
      3,
      trusted,
    );
    await identities.resolve([{ email: 'new@example.test', externalIds: [id('shop', '7')] }], 3, {
      create: true,
      isPublic: true,
    });
    const found = [];
    for await (const members of segments.export(rule({ everyone: true }), NOW)) found.push(...members);
    expect(found).toEqual([
      {
        id: annaId,
        email: 'anna@example.test',
        attributes: anna.profile.attributes,
        externalIds: [id('crm', 'x "1"'), id('shop', '2'), id('shop', '10')],
      },
      { id: benId, email: 'benno@example.test', attributes: ben.profile.attributes, externalIds: [] },
      { id: cleoId, email: 'cleo@example.test', attributes: cleo.profile.attributes, externalIds: [] },
      { id: expect.any(Number), email: 'new@example.test', attributes: {}, externalIds: [] },
    ]);
  });

  test('gives ids ascending, in chunks of a thousand, after an id', async () => {
    const store = await open();
    const { profiles } = store.tables;
    for (let from = 0; from < 2500; from += 500) {
      const rows = Array.from({ length: 500 }, (_, index) => ({
        email: `c${from + index}@example.test`,
        attributes: {},
        createdAt: NOW,
        updatedAt: NOW,
      }));
      await store.orm.insert(profiles).values(rows);
    }
    const segments = segmentStore(store);
    const everyone = rule({ everyone: true });
    const sizes: number[] = [];
    const ids: number[] = [];
    for await (const chunk of segments.members(everyone, NOW)) {
      sizes.push(chunk.length);
      ids.push(...chunk);
    }
    expect(sizes).toEqual([1000, 1000, 500]);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const rest: number[] = [];
    for await (const chunk of segments.members(everyone, NOW, { afterId: ids[1999] ?? 0 }))
      rest.push(...chunk);
    expect(rest).toEqual(ids.slice(2000));
    for await (const chunk of segments.members(everyone, NOW)) {
      expect(chunk).toHaveLength(1000);
      break;
    }
  });

  test('saves, shows, lists and removes', async () => {
    const { segments } = await shop();
    expect(await segments.save(french, NOW)).toBe('added');
    expect(await segments.save(french, NOW + 1)).toBe('unchanged');
    expect(await segments.save({ ...french, about: undefined }, NOW + 2)).toBe('changed');
    expect(await segments.get('french')).toEqual({
      ...french,
      about: undefined,
      follow: false,
      followedAt: undefined,
      updatedAt: NOW + 2,
    });
    await segments.save(
      { name: 'abroad', about: undefined, rule: rule({ not: { segment: 'french' } }) },
      NOW,
    );
    expect((await segments.list()).map(({ name }) => name)).toEqual(['abroad', 'french']);
    await expect(segments.remove('french')).rejects.toMatchObject({ code: 'segment.in-use', kind: 'usage' });
    await segments.remove('abroad');
    await segments.remove('french');
    await expect(segments.remove('french')).rejects.toMatchObject({ code: 'segment.unknown' });
    await expect(segments.get('__proto__')).rejects.toMatchObject({ code: 'segment.unknown' });
  });

  test('refuses unknown segments and circles', async () => {
    const { segments } = await shop();
    await segments.save(french, NOW);
    await expect(segments.count(rule({ segment: 'frensh' }), NOW)).rejects.toMatchObject({
      message: 'There is no segment named "frensh".',
      mend: 'Did you mean french? Saved segments: french.',
    });
    await segments.save({ name: 'b', about: undefined, rule: rule({ any: [{ segment: 'french' }] }) }, NOW);
    const round = { name: 'french', about: undefined, rule: rule({ not: { segment: 'b' } }) };
    await expect(segments.save(round, NOW)).rejects.toMatchObject({
      code: 'segment.circle',
      message: 'The segments go in a circle: french → b → french.',
    });
    expect((await segments.get('french')).rule).toEqual(french.rule);
  });

  test('takes the largest rules there are', async () => {
    const { segments, ids } = await shop();
    const wide = {
      any: Array.from({ length: 240 }, (_, n) => ({
        did: `t${n}`,
        within: '1d',
        where: { property: 'a', is: n },
      })),
    };
    expect(await segments.count(rule(wide), NOW)).toBe(0);
    expect(await segments.matching(rule(wide), NOW, ids)).toEqual(new Set());
    const flat = {
      all: Array.from({ length: 490 }, () => ({ attribute: 'country', notIn: ['x', 1, true] })),
    };
    expect(await segments.count(rule(flat), NOW)).toBe(3);
    let deep: unknown = { attribute: 'country', is: 'France' };
    for (let n = 0; n < 18; n += 1) deep = { not: deep };
    expect(await segments.count(rule(deep), NOW)).toBe(2);
    const sums = {
      any: Array.from({ length: 240 }, (_, n) => ({
        did: 'order',
        atMost: 9,
        sum: { property: 'price', times: 'quantity', gt: 1000 + n },
      })),
    };
    expect(await segments.count(rule(sums), NOW)).toBe(0);
  });

  test('numbers are doubles, and texts sort by code point', async () => {
    const store = await open();
    const attributes = {
      big: 2 ** 60,
      long: 0.1 + 0.2,
      huge: 1.7976931348623157e308,
      text: 'Z',
      smile: '😀',
    };
    await insert(store, [{ profile: { id: 0, email: 'a@example.test', attributes }, events: [] }]);
    const segments = segmentStore(store);
    const all = [
      { attribute: 'big', is: 2 ** 60 },
      { attribute: 'long', is: 0.1 + 0.2 },
      { attribute: 'long', gt: 0.3 },
      { attribute: 'huge', gte: 1.7976931348623157e308 },
      { attribute: 'text', lt: 'a' },
      { attribute: 'smile', gt: '\uFFFD' },
    ];
    for (const one of all) expect([one, await segments.count(rule(one), NOW)]).toEqual([one, 1]);
  });

  test('hostile names stay data', async () => {
    const { segments } = await shop();
    const words = [
      "'; DROP TABLE profiles; --",
      '"',
      '$."a"',
      "a') OR 1=1 --",
      '\\',
      '?',
      '$1',
      '__proto__',
      '{{x}}',
    ];
    for (const word of words) {
      const spoken = rule({
        any: [
          { attribute: word, is: word },
          { did: word, where: { property: word, contains: word } },
        ],
      });
      expect(await segments.count(spoken, NOW)).toBe(0);
    }
    expect(await segments.count(rule({ attribute: 'a.b', is: "O'Brien" }), NOW)).toBe(1);
  });
});
