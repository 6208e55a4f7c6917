import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { eventStore } from '../../src/store/events.ts';
import { traitStore } from '../../src/store/traits.ts';
import { onEveryStore } from '../stores.ts';
import { customers, DAY, NOW, order, stored } from './trait-orders.ts';

onEveryStore('folding traits', (open) => {
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
