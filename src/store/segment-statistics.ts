import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Store } from './database.ts';
import type { Stretch } from './segment-compile.ts';

/** So few events as a plan may be wrong about: to read them once for each of as many profiles takes no second. */
const MANY = 1000;
/** What a plan expects of a stretch that lies behind all that PostgreSQL has looked at. */
const NEARLY_NONE = 10;

const plans = z.tuple([z.object({ Plan: z.object({ 'Plan Rows': z.number() }) })]);

/**
 * Has PostgreSQL look at the events again when it takes a stretch for empty in which there are many. It looks by itself
 * when a tenth of them are new; until then it expects next to nothing of the latest days, which is what most rules ask
 * about, and may plan to read all events of those days once for each profile that did something in them. Looking takes
 * half a second for twenty million events, and is left out while somebody else does it.
 */
export async function knowStretches(store: Store, stretches: readonly Stretch[]): Promise<void> {
  for (const stretch of stretches) {
    if ((await expected(store, stretch)) > NEARLY_NONE || !(await hasMany(store, stretch))) continue;
    await store.run(sql`ANALYZE (SKIP_LOCKED) events`);
    return;
  }
}

async function expected(store: Store, stretch: Stretch): Promise<number> {
  const [row] = await store.rows<{ 'QUERY PLAN': unknown }>(sql`EXPLAIN (FORMAT JSON) ${eventsIn(stretch)}`);
  const [top] = plans.parse(row?.['QUERY PLAN']);
  return top.Plan['Plan Rows'];
}

async function hasMany(store: Store, stretch: Stretch): Promise<boolean> {
  const [row] = await store.rows<{ count: number }>(
    sql`SELECT count(*) AS count FROM (${eventsIn(stretch)} LIMIT ${MANY}) stretch`,
  );
  return row?.count === MANY;
}

/** A row for each event of a stretch that begins somewhere. */
export function eventsIn({ type, from, until }: Stretch): SQL {
  return sql`SELECT 1 FROM events WHERE type = ${type} AND at >= ${from} AND at < ${until}`;
}
