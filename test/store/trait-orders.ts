import type { JsonObject } from '../../src/profiles/json.ts';
import type { NewEvent } from '../../src/profiles/port.ts';
import type { OrderFigures } from '../../src/profiles/traits.ts';
import type { Store } from '../../src/store/database.ts';
import { profileStore } from '../../src/store/profiles.ts';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 24, 12);

/** So many profiles; their ids. */
export async function customers(store: Store, count: number): Promise<number[]> {
  const emails = Array.from({ length: count }, (_, index) => `customer${index}@example.test`);
  await profileStore(store).ensure(emails, NOW);
  const ids = await profileStore(store).idsOf(emails);
  return emails.flatMap((email) => ids.get(email) ?? []);
}

/** What is stored of each profile. */
export async function stored(store: Store): Promise<Map<number, OrderFigures>> {
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

/** An order, or what happened to one. */
export const order = (
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
