import { setImmediate as breathe } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import { definitionOf, type TraitSettings } from '../profiles/trait-settings.ts';
import {
  type Engagement,
  engagedAfter,
  engagement,
  engagementNames,
  noOrders,
  type OrderFigures,
  type TraitStore,
  traitsFrom,
} from '../profiles/traits.ts';
import type { BulkInsert, Database, Phrases } from './database.ts';
import { builtTo, COMPLETE, figuresQuery, ORDERS } from './trait-sql.ts';

/** So many profiles a transaction: some milliseconds of the writer. */
const PROFILES_A_CHUNK = 500;
const MARKS_A_CHUNK = 2000;
/** Ids of profiles whose marks are looked for together where most profiles have some. */
const BLOCK_OF_IDS = 2000;
/** With more marks than this a profile, most profiles have some, and many have several. */
const MANY_A_PROFILE = 0.25;

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
export function traitStore(db: Database, settings: TraitSettings): TraitStore {
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
    fold: async ({ signal, budgetMs = Number.POSITIVE_INFINITY } = {}) => {
      const until = performance.now() + budgetMs;
      while (signal?.aborted !== true) {
        const more = await db.transaction((tx) => foldChunk(tx, settings));
        if (more !== 'more') return more === 'nothing';
        if (performance.now() >= until) return false;
        await breathe();
      }
      return false;
    },
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
export function engagementQuery(phrases: Phrases, whose: SQL, now: number): SQL {
  const counts = engagementNames.map(
    (name) =>
      sql`sum(CASE WHEN type = ${engagement[name].type} AND at > ${engagedAfter(name, now)} THEN 1 ELSE 0 END) AS ${sql.identifier(name)}`,
  );
  const types = [...new Set(engagementNames.map((name) => engagement[name].type))];
  const from = Math.min(...engagementNames.map((name) => engagedAfter(name, now)));
  return sql`SELECT profile_id AS profile_id, ${sql.join(counts, sql`, `)} FROM events
    WHERE ${whose} AND type IN ${phrases.texts(types)} AND at > ${from} AND at <= ${now}
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

/** One step: of the first making of all figures while that lasts, then of what was marked. */
async function foldChunk(tx: Database, settings: TraitSettings): Promise<'more' | 'nothing' | 'taken'> {
  const definition = definitionOf(settings);
  await tx.run(
    sql`INSERT INTO trait_state (name, definition, built_to) VALUES (${ORDERS}, ${definition}, 0) ON CONFLICT (name) DO NOTHING`,
  );
  const [mine] = await tx.rows<{ definition: string; built_to: number }>(
    sql`SELECT definition, built_to FROM trait_state WHERE name = ${ORDERS} LIMIT 1 ${tx.phrases.skipLocked()}`,
  );
  if (mine === undefined) return 'taken';
  const from = mine.definition === definition ? mine.built_to : 0;
  return from < COMPLETE ? buildFrom(tx, settings, from) : foldMarks(tx, settings);
}

async function buildFrom(tx: Database, settings: TraitSettings, from: number): Promise<'more'> {
  const [row] = await tx.rows<{ last: number | null }>(
    sql`SELECT max(id) AS last FROM (SELECT id FROM profiles WHERE id > ${from} ORDER BY id LIMIT ${PROFILES_A_CHUNK}) chunk`,
  );
  const to = row?.last ?? COMPLETE;
  const range = sql`profile_id > ${from} AND profile_id <= ${to}`;
  await tx.run(sql`DELETE FROM traits WHERE ${range}`);
  // As a list of ids, since SQLite would look for a range of ids in the index that begins with the type.
  const ids = sql`(SELECT id FROM profiles WHERE id > ${from} AND id <= ${to})`;
  await store(tx, settings, sql`e.profile_id IN ${ids}`);
  await tx.run(
    sql`UPDATE trait_state SET definition = ${definitionOf(settings)}, built_to = ${to} WHERE name = ${ORDERS}`,
  );
  return 'more';
}

/** The marks go first: what commits after them, before the figures are read, leaves a mark of its own. */
async function foldMarks(tx: Database, settings: TraitSettings): Promise<'more' | 'nothing'> {
  const marks = (await areMany(tx)) ? await takeBlock(tx) : await takeOldest(tx);
  if (marks.length === 0) return 'nothing';
  const ids = [...new Set(marks.map((mark) => mark.profile_id))];
  await tx.run(sql`DELETE FROM traits WHERE profile_id IN ${tx.phrases.numbers(ids)}`);
  await store(tx, settings, sql`e.profile_id IN ${tx.phrases.numbers(ids)}`);
  return 'more';
}

interface Mark {
  readonly profile_id: number;
}

const takeOldest = (tx: Database) =>
  tx.rows<Mark>(sql`
    DELETE FROM trait_marks WHERE id IN (SELECT id FROM trait_marks ORDER BY id LIMIT ${MARKS_A_CHUNK})
    RETURNING profile_id`);

/**
 * All marks of the profiles beside the oldest mark's. Reading all marks for them is the lesser evil: each profile's
 * figures are made once then, not once for each file that its orders came in, and neighbours share pages.
 */
async function takeBlock(tx: Database): Promise<Mark[]> {
  const [oldest] = await tx.rows<Mark>(sql`SELECT profile_id FROM trait_marks ORDER BY id LIMIT 1`);
  const from = Math.floor((oldest?.profile_id ?? 0) / BLOCK_OF_IDS) * BLOCK_OF_IDS;
  return tx.rows<Mark>(sql`
    DELETE FROM trait_marks WHERE profile_id >= ${from} AND profile_id < ${from + BLOCK_OF_IDS} RETURNING profile_id`);
}

/** As after a big import; by the numbers of rows, which counting would take longer to find. */
async function areMany(tx: Database): Promise<boolean> {
  const [row] = await tx.rows<{ marks: number | null; profiles: number | null }>(sql`
    SELECT (SELECT max(id) FROM trait_marks) - (SELECT min(id) FROM trait_marks) AS marks,
      (SELECT max(id) FROM profiles) AS profiles`);
  const marks = row?.marks ?? 0;
  return marks > 2 * MARKS_A_CHUNK && marks > (row?.profiles ?? 0) * MANY_A_PROFILE;
}

async function store(tx: Database, settings: TraitSettings, whose: ReturnType<typeof sql>): Promise<void> {
  await tx.run(sql`
    INSERT INTO traits (profile_id, orders, order_total, first_order_at, last_order_at, first_line_at, last_line_at, latest_at)
    ${figuresQuery(tx.phrases, settings, whose, undefined)}`);
}
