import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import {
  type Engagement,
  type EngagementName,
  engagedAfter,
  engagement,
  engagementNames,
  noOrders,
  type OrderFigures,
  type TraitStore,
  traitsFrom,
} from '../profiles/traits.ts';
import type { BulkInsert, Database, Phrases, Store } from './database.ts';
import { foldTraits } from './trait-folding.ts';
import { builtTo, COMPLETE, figuresQuery, ORDERS } from './trait-sql.ts';

export const addMarks: BulkInsert = { into: 'trait_marks', columns: { profile_id: 'int' } };

/**
 * Notes that the orders of these profiles changed. To be called in the transaction that adds, moves or removes
 * events; from then on rules read these profiles' events until they are folded.
 */
export async function markTraits(tx: Database, profileIds: Iterable<number>): Promise<void> {
  const ids = [...new Set(profileIds)];
  if (ids.length > 0)
    await tx.insertMany(
      addMarks,
      ids.map((id) => [id]),
    );
}

/** Of fresh events the profiles whose traits they change. */
export function touched(
  events: readonly { readonly profileId: number; readonly type: string }[],
  { orderEvents, refundEvents }: TraitSettings,
): Set<number> {
  const ids = new Set<number>();
  for (const { type, profileId } of events) {
    if (orderEvents.includes(type) || refundEvents.includes(type)) ids.add(profileId);
  }
  return ids;
}

/** Traits over the tables `events`, `traits`, `trait_marks` and `trait_state`. */
export function traitStore(db: Store, settings: TraitSettings): TraitStore {
  return {
    of: async (profileId, now) => {
      const [row] = await db.rows<FiguresRow>(
        figuresQuery(db.phrases, settings, sql`e.profile_id = ${profileId}`, now + 1),
      );
      const [engaged] = await db.rows<Record<string, number | null>>(
        engagementQuery(db.phrases, sql`profile_id = ${profileId}`, now),
      );
      return traitsFrom(figures(row), engagementFrom(engaged), now, settings);
    },
    ofMany: async (profileIds, now) => {
      const ids = db.phrases.numbers(profileIds);
      const ordered = await db.rows<FiguresRow & { readonly profile_id: number }>(
        figuresQuery(db.phrases, settings, sql`e.profile_id IN ${ids}`, now + 1),
      );
      const engaged = await db.rows<Record<string, number | null> & { readonly profile_id: number }>(
        engagementQuery(db.phrases, sql`profile_id IN ${ids}`, now),
      );
      const orders = new Map(ordered.map((row) => [row.profile_id, row]));
      const letters = new Map(engaged.map((row) => [row.profile_id, row]));
      return new Map(
        profileIds.map((id) => [
          id,
          traitsFrom(figures(orders.get(id)), engagementFrom(letters.get(id)), now, settings),
        ]),
      );
    },
    fold: (options) => foldTraits(db, settings, options),
    waits: async () => {
      if ((await builtTo(db, settings)) < COMPLETE) return true;
      return (await db.rows(sql`SELECT id FROM trait_marks LIMIT 1`)).length > 0;
    },
    rebuild: async () => {
      await db.run(sql`UPDATE trait_state SET built_to = 0 WHERE name = ${ORDERS}`);
    },
  };
}

/** A row of `figuresQuery`. */
export interface FiguresRow {
  readonly orders: number;
  readonly order_total: number;
  readonly first_order_at: number | null;
  readonly last_order_at: number | null;
}

/** No row: no orders. */
export const figures = (row: FiguresRow | undefined): OrderFigures =>
  row === undefined
    ? noOrders
    : {
        orders: row.orders,
        orderTotal: row.order_total,
        firstOrderAt: row.first_order_at ?? undefined,
        lastOrderAt: row.last_order_at ?? undefined,
      };

/**
 * Rows with the counts of the engagement traits at `now` (ms), by their names, and `profile_id`, of the profiles that
 * `whose` picks by `profile_id`. Who was not engaged has no row.
 */
export function engagementQuery(phrases: Phrases, whose: SQL, now: number | Placeholder): SQL {
  const ago = (name: EngagementName) => -engagedAfter(name, 0);
  const after = (ms: number) => sql`at > ${now} - ${sql.raw(String(ms))}`;
  const counts = engagementNames.map(
    (name) =>
      sql`sum(CASE WHEN type = ${engagement[name].type} AND ${after(ago(name))} THEN 1 ELSE 0 END) AS ${sql.identifier(name)}`,
  );
  const types = [...new Set(engagementNames.map((name) => engagement[name].type))];
  const longest = Math.max(...engagementNames.map(ago));
  return sql`SELECT profile_id AS profile_id, ${sql.join(counts, sql`, `)} FROM events
    WHERE ${whose} AND type IN ${phrases.texts(types)} AND ${after(longest)} AND at <= ${now}
    GROUP BY profile_id`;
}

/** Nothing counted: nothing happened. */
export function engagementFrom(row: Readonly<Record<string, number | null>> | undefined): Engagement {
  const count = (name: string) => row?.[name] ?? 0;
  return {
    opens30: count('opens30'),
    opens90: count('opens90'),
    clicks30: count('clicks30'),
    clicks90: count('clicks90'),
    replies30: count('replies30'),
    replies90: count('replies90'),
  };
}
