import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedKey } from '../../src/profiles/event-key.ts';
import type { EventFacts, NewEvent, NewestNeed } from '../../src/profiles/port.ts';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { intakeStore } from '../../src/store/intake.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';

onEveryStore('events', (open) => {
  const made = async (count = 3) => {
    const store = await open();
    const emails = Array.from({ length: count }, (_, index) => `p${index}@example.com`);
    const profiles = profileStore(store);
    await profiles.ensure(emails, 1);
    const ids = await profiles.idsOf(emails);
    return { store, events: eventStore(store), ids: emails.map((email) => ids.get(email) ?? 0) };
  };
  let serial = 0;
  const event = (profileId: number, at: number, properties = {}, type = 'order'): NewEvent => {
    serial += 1;
    return { key: `k${String(serial).padStart(6, '0')}`, profileId, type, at, properties };
  };

  test('count once, by their key', async () => {
    const { events, ids } = await made();
    const [a = 0] = ids;
    const one = event(a, 10, { total: 1.5 });
    expect(await events.addMany([one, one, event(a, 20)], 99)).toEqual({ added: 2, duplicates: 1 });
    expect(await events.addMany([one], 100)).toEqual({ added: 0, duplicates: 1 });
    expect(await events.addMany([], 100)).toEqual({ added: 0, duplicates: 0 });
    expect(await events.timeline(a, 10)).toMatchObject([
      { type: 'order', at: 20, properties: {}, receivedAt: 99 },
      { type: 'order', at: 10, properties: { total: 1.5 }, receivedAt: 99 },
    ]);
    expect(await events.timeline(a, 1)).toHaveLength(1);
    expect(await events.summary(a)).toEqual([{ type: 'order', count: 2, first: 10, last: 20 }]);
  });

  test('a big batch is stored like a small one', async () => {
    const { events, ids } = await made();
    const [a = 0, b = 0] = ids;
    const many = Array.from({ length: 5000 }, (_, index): NewEvent => {
      const properties = { n: index, name: index % 2 === 0 ? 'Zoë, "the" \n\\ 健太' : '' };
      const key = index % 3 === 0 ? `i:${index}` : derivedKey('x', 'view', 1000 + index, properties);
      return { key, profileId: index % 2 === 0 ? a : b, type: 'view', at: 1000 + index, properties };
    });
    const half = many.slice(0, 2500);
    expect(await events.addMany(half, 7)).toEqual({ added: 2500, duplicates: 0 });
    expect(await events.addMany([...many, ...half], 8)).toEqual({ added: 2500, duplicates: 5000 });
    expect(await events.addMany(many.slice(0, 30), 9)).toEqual({ added: 0, duplicates: 30 });
    expect(await events.summary(a)).toEqual([{ type: 'view', count: 2500, first: 1000, last: 5998 }]);
    const timeline = await events.timeline(a, 2500);
    expect(timeline.map(({ properties }) => properties)).toEqual(
      many
        .filter(({ profileId }) => profileId === a)
        .map(({ properties }) => properties)
        .reverse(),
    );
    expect(new Set(timeline.map(({ receivedAt }) => receivedAt))).toEqual(new Set([7, 8]));
  });

  test('without a key of their own they differ by profile, type, moment and content', async () => {
    const { events, ids } = await made();
    const [a = 0, b = 0] = ids;
    const one = { profileId: a, type: 'view', at: 5, properties: { p: 1 } };
    const key = (name: string, { type, at, properties }: Omit<NewEvent, 'key'>) =>
      derivedKey(name, type, at, properties);
    const others = [
      { ...one, type: 'order' },
      { ...one, at: 6 },
      { ...one, properties: { p: 2 } },
    ];
    const all = [one, ...others].map((event) => ({ ...event, key: key('a', event) }));
    const elses = { ...one, profileId: b, key: key('b', one) };
    expect(await events.addMany([...all, elses], 1)).toEqual({ added: 5, duplicates: 0 });
    expect(await events.addMany([...all, elses], 1)).toEqual({ added: 0, duplicates: 5 });
  });

  test('two that add the same at once count each once', async () => {
    const { events, ids } = await made();
    const batch = Array.from({ length: 2500 }, (_, index) => event(ids[index % 3] ?? 0, index));
    const [first, second] = await Promise.all([events.addMany(batch, 1), events.addMany(batch, 1)]);
    expect(first.added + second.added).toBe(2500);
  });

  test('what comes over HTTP is told for each event whether it was new', async () => {
    const { store, events, ids } = await made();
    const [a = 0, b = 0] = ids;
    const intake = intakeStore(store, defaultTraitSettings);
    const view = (name: string, profileId: number, properties = {}): NewEvent => {
      return { key: derivedKey(name, 'view', 5, properties), profileId, type: 'view', at: 5, properties };
    };
    await events.addMany([view('known', a)], 1);
    const given = event(a, 5);
    const sent = [
      view('known', a),
      given,
      view('x', a),
      given,
      view('x', b),
      view('x', a),
      view('x', a, { p: 1 }),
    ];
    const told = (batch: readonly NewEvent[]) =>
      intake.addEvents(batch.map((one) => ({ ...one, receivedAt: 2 })));
    const [same, added] = ['same', 'added'] as const;
    expect(await told(sent)).toEqual([same, added, added, same, added, same, added]);
    expect(await told(sent)).toEqual(sent.map(() => same));
    expect(await events.addMany(sent, 3)).toEqual({ added: 0, duplicates: sent.length });
    const { events: table } = store.tables;
    const stored = await store.orm.select({ key: table.key, digest: table.digest }).from(table);
    expect(stored).toHaveLength(5);
    expect(stored.filter(({ key, digest }) => (key === null) === (digest === null))).toEqual([]);
  });

  test('what has the key of another event is told apart from what only says it anew', async () => {
    const { store, events, ids } = await made();
    const [a = 0, b = 0, c = 0] = ids;
    const intake = intakeStore(store, defaultTraitSettings);
    const told = (...batch: NewEvent[]) => intake.addEvents(batch.map((one) => ({ ...one, receivedAt: 2 })));
    const one = event(a, 10, { total: 5, lines: [{ sku: 'x', n: 1 }] });
    const later = { ...one, at: 11, properties: { lines: [{ n: 1, sku: 'x' }], total: 5 } };
    const changed = { ...one, properties: { ...one.properties, state: 'sent' } };
    expect(await told(one, later, changed)).toEqual(['added', 'same', 'restated']);
    expect(await told({ ...one, type: 'return' }, { ...one, profileId: b })).toEqual(['other', 'other']);
    expect(await events.timeline(a, 5)).toMatchObject([
      { type: 'order', at: 10, properties: one.properties },
    ]);
    await identityStore(store).merge(c, a, { by: 'a test', why: 'one person' }, 3);
    expect(await told(one, { ...one, profileId: c }, { ...one, profileId: b })).toEqual([
      'same',
      'same',
      'other',
    ]);
  });

  test('the same from a file and over HTTP at once, in opposite orders, counts once', async () => {
    const { store, events, ids } = await made();
    const intake = intakeStore(store, defaultTraitSettings);
    const batch = Array.from({ length: 2500 }, (_, index): NewEvent => {
      const [type, properties] = [index % 2 === 0 ? 'order' : 'view', { n: index }];
      const key = index % 3 === 0 ? `i:${9999 - index}` : derivedKey('x', type, index, properties);
      return { key, profileId: ids[index % 3] ?? 0, type, at: index, properties };
    });
    const calls = [0, 500, 1000, 1500, 2000].map((from) =>
      intake.addEvents(
        batch
          .slice(from, from + 500)
          .reverse()
          .map((one) => ({ ...one, receivedAt: 2 })),
      ),
    );
    const [imported, ...told] = await Promise.all([events.addMany(batch, 1), ...calls]);
    expect(imported.added + told.flat().filter(Boolean).length).toBe(2500);
    expect((await events.addMany(batch, 3)).added).toBe(0);
  });

  test('newest: order, ties, limit, type and profile', async () => {
    const { events, ids } = await made();
    const [a = 0, b = 0, c = 0] = ids;
    await events.addMany(
      [
        event(a, 10, { n: 1 }),
        event(a, 30, { n: 2 }),
        event(a, 30, { n: 3 }),
        event(a, 40, { n: 4 }, 'view'),
        event(b, 5, { n: 5 }),
      ],
      1,
    );
    const found = await events.newest([a, b, c], { type: 'order', limit: 2 });
    expect(found).toEqual(
      new Map([
        [
          a,
          [
            { n: 3, at: 30 },
            { n: 2, at: 30 },
          ],
        ],
        [b, [{ n: 5, at: 5 }]],
      ]),
    );
    expect(await events.newest([], { type: 'order', limit: 2 })).toEqual(new Map());
  });

  test('newest: of equal values only the newest, only where properties equal', async () => {
    const { events, ids } = await made();
    const [a = 0] = ids;
    await events.addMany(
      [
        event(a, 1, { sku: 'x', size: 1, gift: true }),
        event(a, 2, { sku: 'y', size: 2, gift: false }),
        event(a, 3, { sku: 'x', size: '1', gift: 'true' }),
        event(a, 4, { size: 1 }),
        event(a, 5, { sku: null, size: 1 }),
      ],
      1,
    );
    const skus = async (need: Partial<NewestNeed>) =>
      (await events.newest([a], { type: 'order', limit: 9, ...need })).get(a)?.map((one) => one.at);
    expect(await skus({ distinctBy: 'sku' })).toEqual([3, 2]);
    expect(await skus({ where: { size: 1 } })).toEqual([5, 4, 1]);
    expect(await skus({ where: { size: '1' } })).toEqual([3]);
    expect(await skus({ where: { gift: true } })).toEqual([1]);
    expect(await skus({ where: { gift: 'true' } })).toEqual([3]);
    expect(await skus({ where: { sku: 'x', size: 1 }, distinctBy: 'sku' })).toEqual([1]);
    expect(await skus({ where: { 'no"such.key': 'x' } })).toBeUndefined();
  });

  test('newest: however many copies come before the others, of the one as of many', async () => {
    const { events, ids } = await made();
    const [a = 0, b = 0] = ids;
    const many = Array.from({ length: 40 }, (_, index) => event(a, 100 + index, { sku: 'x' }));
    const without = Array.from({ length: 40 }, (_, index) => event(b, 100 + index, { size: index }));
    const older = [event(a, 2, { sku: 'y' }), event(a, 1, { sku: 'z' }), event(b, 1, { sku: 'y' })];
    await events.addMany([...many, ...without, ...older], 1);
    const found = await events.newest([a, b], { type: 'order', limit: 2, distinctBy: 'sku' });
    expect(found.get(a)?.map((one) => one.at)).toEqual([139, 2]);
    expect(found.get(b)?.map((one) => one.at)).toEqual([1]);
  });

  test('newest equals a plain evaluation in memory', async () => {
    const { events, ids } = await made(4);
    const facts = fc.record({
      profile: fc.constantFrom(...ids),
      at: fc.integer({ min: 0, max: 6 }),
      sku: fc.option(fc.constantFrom('x', 'x', 'x', 'x', 'x', 'y', 'z'), { nil: undefined }),
    });
    const sample =
      fc.sample(fc.array(facts, { minLength: 60, maxLength: 60 }), { numRuns: 1, seed: 7 })[0] ?? [];
    const stored = sample.map(({ profile, at, sku }) => event(profile, at, sku === undefined ? {} : { sku }));
    await events.addMany(stored, 1);
    // Stored in the order of keys, which is the order made: of one moment the later is the newer.
    for (const distinctBy of [undefined, 'sku']) {
      for (const limit of [1, 2, 50]) {
        const need = { type: 'order', limit, distinctBy };
        expect(await events.newest(ids, need)).toEqual(plainNewest(stored, need));
      }
    }
  });
});

function plainNewest(events: readonly NewEvent[], need: NewestNeed): Map<number, EventFacts[]> {
  const found = new Map<number, EventFacts[]>();
  const seen = new Set<string>();
  const newestFirst = events
    .map((one, index) => ({ one, index }))
    .sort((a, b) => b.one.at - a.one.at || b.index - a.index);
  for (const { one } of newestFirst) {
    const value = need.distinctBy === undefined ? undefined : one.properties[need.distinctBy];
    const copy = `${one.profileId} ${value}`;
    if (need.distinctBy !== undefined && (value === undefined || seen.has(copy))) continue;
    seen.add(copy);
    const list = found.get(one.profileId) ?? [];
    if (list.length < need.limit) list.push({ ...one.properties, at: one.at });
    found.set(one.profileId, list);
  }
  return found;
}
