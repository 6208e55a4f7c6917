import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importEvents } from '../../src/profiles/import/import.ts';
import type { JsonObject } from '../../src/profiles/json.ts';
import type { NewEvent } from '../../src/profiles/port.ts';
import { parseRetention } from '../../src/profiles/retention.ts';
import { defaultTraitSettings, type TraitSettings } from '../../src/profiles/trait-settings.ts';
import { figuresOf, noOrders, type OrderFigures, traitsOf } from '../../src/profiles/traits.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { traitStore } from '../../src/store/traits.ts';
import { onEveryStore } from '../stores.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);

async function customers(store: Store, count: number): Promise<number[]> {
  const emails = Array.from({ length: count }, (_, index) => `customer${index}@example.test`);
  await profileStore(store).ensure(emails, NOW);
  const ids = await profileStore(store).idsOf(emails);
  return emails.flatMap((email) => ids.get(email) ?? []);
}

/** What is stored of each profile. */
async function stored(store: Store): Promise<Map<number, OrderFigures>> {
  const { traits } = store.tables;
  const rows = await store.orm.select().from(traits);
  return new Map(
    rows.map(({ profileId, orders, orderTotal, firstOrderAt, lastOrderAt }) => [
      profileId,
      {
        orders,
        orderTotal,
        firstOrderAt: firstOrderAt ?? undefined,
        lastOrderAt: lastOrderAt ?? undefined,
      },
    ]),
  );
}

const order = (
  key: string,
  profileId: number,
  at: number,
  properties: JsonObject,
  type = 'order',
): NewEvent => ({
  key,
  profileId,
  type,
  at,
  properties,
});

/** Events as shops deliver them: lines, refunds, in any order, some twice. */
const delivery = (ids: readonly number[]) =>
  fc.array(
    fc
      .record({
        key: fc.integer({ min: 1, max: 60 }).map(String),
        place: fc.nat({ max: ids.length - 1 }),
        type: fc.constantFrom('order', 'order', 'refund', 'cancel', 'view', 'opened'),
        days: fc.integer({ min: -3, max: 500 }),
        properties: fc.record(
          {
            total: fc.constantFrom<number | string>(10, 19.99, 0.1, 0.2, 0, -5, 1e13, '12'),
            price: fc.constantFrom(2.5, 7),
            quantity: fc.constantFrom(1, 3, -1),
            order: fc.constantFrom<string | number>('A', 'B', 7, '7'),
          },
          { requiredKeys: [] },
        ),
      })
      .map(({ key, place, type, days, properties }) =>
        order(key, ids[place] ?? 0, NOW - days * DAY, properties, type),
      ),
    { minLength: 1, maxLength: 12 },
  );

onEveryStore('TraitStore', (open) => {
  test('folding what comes in says what all events together say, in whatever order they come', async () => {
    const store = await open();
    const ids = await customers(store, 5);
    const events = eventStore(store);
    const traits = traitStore(store, defaultTraitSettings);
    await fc.assert(
      fc
        .asyncProperty(fc.array(delivery(ids), { minLength: 1, maxLength: 4 }), async (deliveries) => {
          const kept = new Map<string, NewEvent>();
          for (const batch of deliveries) {
            const once = [...new Map(batch.map((event) => [event.key, event])).values()];
            for (const event of once) if (!kept.has(event.key)) kept.set(event.key, event);
            await events.addMany(once, NOW);
            expect(await traits.fold()).toBe(true);
          }
          const wanted = new Map(
            ids.map((id) => [id, [...kept.values()].filter((event) => event.profileId === id)]),
          );
          const folded = await stored(store);
          for (const [id, happened] of wanted) {
            expect(folded.get(id) ?? noOrders).toEqual(figuresOf(happened, defaultTraitSettings));
            expect(await traits.of(id, NOW)).toEqual(traitsOf(happened, NOW, defaultTraitSettings));
          }
          await traits.rebuild();
          await traits.fold();
          expect(await stored(store)).toEqual(folded);
        })
        .beforeEach(async () => {
          for (const table of ['events', 'traits', 'trait_marks', 'trait_state']) {
            await store.run(sql`DELETE FROM ${sql.identifier(table)}`);
          }
        }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('of many at once they are what they are of each', async () => {
    const store = await open();
    const ids = await customers(store, 6);
    const types = ['order', 'opened', 'clicked', 'replied', 'refund', 'view'];
    const events = ids
      .slice(0, 5)
      .flatMap((profileId, which) =>
        Array.from({ length: which * 7 }, (_, index) =>
          order(
            `${which} ${index}`,
            profileId,
            NOW - index * 9 * DAY + 1,
            { total: index, order: index % 3 },
            types[index % 6],
          ),
        ),
      );
    await eventStore(store).addMany(events, NOW);
    const port = traitStore(store, defaultTraitSettings);
    const many = await port.ofMany([...ids, 999], NOW);
    expect([...many.keys()]).toEqual([...ids, 999]);
    for (const [id, traits] of many) expect(traits).toEqual(await port.of(id, NOW));
    expect(many.get(ids[4] ?? 0)).toMatchObject({ opens90: 2, stage: 'customer' });
  });

  test('an order is its lines; what is taken back counts against it', async () => {
    const store = await open();
    const [id = 0] = await customers(store, 1);
    const traits = traitStore(store, defaultTraitSettings);
    const ask = () => traits.of(id, NOW);
    const add = (...events: NewEvent[]) => eventStore(store).addMany(events, NOW);
    await add(
      order('1', id, NOW - 40 * DAY, { invoice: 'A', price: 2.5, quantity: 4 }),
      order('2', id, NOW - 39 * DAY, { invoice: 'A', price: 1, quantity: 1 }),
      order('3', id, NOW - 10 * DAY, { invoice: 'B', total: 100 }),
    );
    expect(await ask()).toMatchObject({ orders: 2, orderTotal: 111, averageOrder: 55.5, stage: 'customer' });
    expect(await ask()).toMatchObject({ firstOrder: NOW - 40 * DAY, lastOrder: NOW - 10 * DAY });
    await add(order('4', id, NOW - 9 * DAY, { invoice: 'B', total: -30 }, 'refund'));
    expect(await ask()).toMatchObject({ orders: 2, orderTotal: 81 });
    await add(order('5', id, NOW - 8 * DAY, { invoice: 'B' }, 'cancel'));
    expect(await ask()).toMatchObject({ orders: 1, orderTotal: 11, lastOrder: NOW - 40 * DAY });
    await add(order('6', id, NOW - 7 * DAY, { invoice: 'C9', price: 1, quantity: -1 }, 'cancel'));
    expect(await ask()).toMatchObject({ orders: 1, orderTotal: 10, daysSinceLastOrder: 40 });
  });

  test('orders that a big file brings change traits, and only once', async () => {
    const store = await open();
    const count = 3000;
    const ids = await customers(store, count);
    const traits = traitStore(store, defaultTraitSettings);
    await traits.fold();
    expect(await traits.waits()).toBe(false);
    const lines = ids.map((_, index) =>
      JSON.stringify({
        email: `customer${index}@example.test`,
        type: index % 3 === 0 ? 'view' : 'order',
        at: new Date(NOW - DAY).toISOString(),
        total: 5,
      }),
    );
    const importAll = () =>
      importEvents(
        {
          events: eventStore(store),
          retention: parseRetention(undefined),
        },
        {},
        { path: '-', cwd: '.', dataDir: '.', input: Readable.from([Buffer.from(lines.join('\n'))]) },
      );
    expect(await importAll()).toMatchObject({ added: count, refused: 0 });
    expect(await traits.waits()).toBe(true);
    await traits.fold();
    const folded = await stored(store);
    expect(folded.size).toBe(2000);
    expect(
      [...folded.values()].every(({ orders, orderTotal }) => orders === 1 && orderTotal === 50_000),
    ).toBe(true);
    expect(await importAll()).toMatchObject({ added: 0, unchanged: count });
    expect(await traits.waits()).toBe(false);
  });

  test('events of a big batch are not there when their marks cannot be', async () => {
    const store = await open();
    const [id = 0] = await customers(store, 1);
    const batch = Array.from({ length: 2500 }, (_, index) => order(`k${index}`, id, NOW - index, {}));
    await store.run(sql`ALTER TABLE trait_marks RENAME TO elsewhere`);
    await expect(eventStore(store).addMany(batch, NOW)).rejects.toThrow('trait_marks');
    expect(await eventStore(store).summary(id)).toEqual([]);
    await store.run(sql`ALTER TABLE elsewhere RENAME TO trait_marks`);
    expect(await eventStore(store).addMany(batch, NOW)).toEqual({ added: 2500, duplicates: 0 });
  });

  test('stages begin where the settings say', async () => {
    const store = await open();
    const [none = 0, one = 0, three = 0, gone = 0] = await customers(store, 4);
    const settings: TraitSettings = { ...defaultTraitSettings, loyalFrom: 3, formerAfter: 365 * DAY };
    const traits = traitStore(store, settings);
    const at = [1, 2, 3].map((days) => NOW - days * DAY);
    await eventStore(store).addMany(
      [
        order('a', one, NOW - 365 * DAY, {}),
        ...at.map((when, index) => order(`b${index}`, three, when, {})),
        ...at.map((when, index) => order(`c${index}`, gone, when - 365 * DAY, {})),
      ],
      NOW,
    );
    const stage = async (id: number, now = NOW) => (await traits.of(id, now)).stage;
    expect([await stage(none), await stage(one), await stage(three), await stage(gone)]).toEqual([
      'prospect',
      'customer',
      'loyal',
      'former',
    ]);
    expect(await stage(one, NOW + 1)).toBe('former');
    expect(await stage(three, at[1])).toBe('customer');
  });

  test('other settings, and figures from before there were any, are made anew in chunks', async () => {
    const store = await open();
    const ids = await customers(store, 1200);
    await eventStore(store).addMany(
      ids.map((id) => order(`o${id}`, id, NOW - DAY, { total: 5, value: 7 })),
      NOW,
    );
    await store.run(sql`DELETE FROM trait_marks`);
    const traits = traitStore(store, defaultTraitSettings);
    expect(await traits.waits()).toBe(true);
    expect(await traits.fold({ budgetMs: 0 })).toBe(false);
    expect((await stored(store)).size).toBe(500);
    expect(await traits.fold()).toBe(true);
    expect(await traits.waits()).toBe(false);
    const total = async () =>
      [...(await stored(store)).values()].reduce((sum, one) => sum + one.orderTotal, 0) / 10_000;
    expect(await total()).toBe(6000);
    const other = traitStore(store, { ...defaultTraitSettings, money: [['value']] });
    expect(await other.waits()).toBe(true);
    await other.fold();
    expect(await total()).toBe(8400);
  });

  test('when most profiles are marked each is folded once, and what comes meanwhile counts', async () => {
    const store = await open();
    const ids = await customers(store, 2500);
    const events = eventStore(store);
    const traits = traitStore(store, defaultTraitSettings);
    await traits.fold();
    for (let day = 1; day <= 3; day += 1) {
      const batch = ids.map((id) => order(`${day}-${id}`, id, NOW - day * DAY, { total: day }));
      expect(await events.addMany(batch, NOW)).toMatchObject({ added: 2500 });
    }
    const [first = 0, last = 0] = [ids[0], ids.at(-1)];
    expect(await traits.fold({ budgetMs: 0 })).toBe(false);
    const marks = await store.rows<{ id: number }>(sql`SELECT profile_id AS id FROM trait_marks`);
    const left = new Set(marks.map(({ id }) => id));
    expect(left.size).toBeLessThan(2500);
    expect(marks.length).toBe(3 * left.size);
    await events.addMany(
      [first, last].map((id) => order(`late-${id}`, id, NOW - 8 * DAY, { total: 100 })),
      NOW,
    );
    expect(await traits.fold()).toBe(true);
    expect(await traits.waits()).toBe(false);
    const folded = await stored(store);
    const most = { orders: 3, orderTotal: 60_000, firstOrderAt: NOW - 3 * DAY, lastOrderAt: NOW - DAY };
    const late = { ...most, orders: 4, orderTotal: 1_060_000, firstOrderAt: NOW - 8 * DAY };
    expect(folded).toEqual(new Map(ids.map((id) => [id, id === first || id === last ? late : most])));
  });

  test('several that fold at once do the work once', async () => {
    const store = await open();
    const ids = await customers(store, 300);
    const traits = traitStore(store, defaultTraitSettings);
    await traits.fold();
    await Promise.all([
      ...[0, 1, 2, 3].map((batch) =>
        eventStore(store).addMany(
          ids.map((id) => order(`${batch}-${id}`, id, NOW - batch * DAY, { total: 1 })),
          NOW,
        ),
      ),
      ...[1, 2, 3].map(() => traits.fold()),
    ]);
    while (!(await traits.fold()));
    const folded = await stored(store);
    expect(folded.size).toBe(300);
    expect([...folded.values()].every(({ orders }) => orders === 4)).toBe(true);
  });
});
