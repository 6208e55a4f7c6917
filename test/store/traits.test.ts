import { Readable } from 'node:stream';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { importEvents } from '../../src/profiles/import/import.ts';
import type { NewEvent } from '../../src/profiles/port.ts';
import { parseRetention } from '../../src/profiles/retention.ts';
import { defaultTraitSettings, type TraitSettings } from '../../src/profiles/trait-settings.ts';
import { figuresOf, noOrders, traitsOf } from '../../src/profiles/traits.ts';
import { eventStore } from '../../src/store/events.ts';
import { traitStore } from '../../src/store/traits.ts';
import { onEveryStore } from '../stores.ts';
import { customers, DAY, NOW, order, stored } from './trait-orders.ts';

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
});
