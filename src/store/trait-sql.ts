import { type Placeholder, type SQL, sql } from 'drizzle-orm';
import { AMOUNT_UNITS, LARGEST_AMOUNT, LARGEST_TOTAL, SMALLEST_AMOUNT } from '../profiles/amounts.ts';
import { definitionOf, type TraitSettings } from '../profiles/trait-settings.ts';
import type { Database, Phrases } from './database.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { listOf } from './slots.ts';

/** The name of the one row of `trait_state`. */
export const ORDERS = 'orders';
/** `built_to` once the figures of all profiles were made. */
export const COMPLETE = Number.MAX_SAFE_INTEGER;

/** The profile id up to which figures are stored by this definition; 0 for none, COMPLETE for all. */
export async function builtTo(db: Database, settings: TraitSettings): Promise<number> {
  const [row] = await db.rows<{ definition: string; built_to: number }>(
    sql`SELECT definition, built_to FROM trait_state WHERE name = ${ORDERS}`,
  );
  return row?.definition === definitionOf(settings) ? row.built_to : 0;
}

/**
 * Rows (profile_id, orders, order_total, first_order_at, last_order_at, first_line_at, last_line_at, latest_at) as `figuresOf` of
 * src/profiles makes them, from the events of the profiles that `whose` picks by `e.profile_id`, of those before
 * `until` (ms) when it is given. The lines are all events that are orders, those taken back too. Profiles without any such event have no row.
 */
export function figuresQuery(
  phrases: Phrases,
  settings: TraitSettings,
  whose: SQL,
  until: number | Placeholder | undefined,
): SQL {
  const types = [...settings.orderEvents, ...settings.refundEvents];
  const before = until === undefined ? sql`` : sql` AND e.at < ${until}`;
  const lines = sql`SELECT e.profile_id AS profile_id, e.at AS at,
    CASE WHEN e.type IN ${list(settings.orderEvents)} THEN 1 ELSE 0 END AS ordered,
    ${moneyOf(phrases, settings)} AS money, ${orderOf(phrases, settings)} AS ref
    FROM events e WHERE ${whose} AND e.type IN ${list(types)}${before}`;
  const orders = sql`SELECT profile_id, max(at) AS latest_at,
    min(CASE WHEN ordered = 1 THEN at END) AS at, max(CASE WHEN ordered = 1 THEN at END) AS last_line_at,
    coalesce(sum(CASE WHEN ordered = 1 THEN money END), 0) AS gross,
    coalesce(sum(CASE WHEN ordered = 0 THEN abs(money) END), 0) AS back,
    max(CASE WHEN ordered = 0 AND money IS NULL THEN 1 ELSE 0 END) AS voided
    FROM (${lines}) lines GROUP BY profile_id, ref`;
  const counted = sql`SELECT profile_id, at, last_line_at, latest_at, CASE WHEN voided = 1 THEN 0 ELSE gross - back END AS net,
    CASE WHEN at IS NOT NULL AND voided = 0 AND (back = 0 OR gross > back) THEN 1 ELSE 0 END AS counts
    FROM (${orders}) orders`;
  const most = sql.raw(String(LARGEST_TOTAL));
  return sql`SELECT profile_id, CAST(sum(counts) AS bigint) AS orders,
    CAST(CASE WHEN sum(net) > ${most} THEN ${most} WHEN sum(net) < -${most} THEN -${most} ELSE sum(net) END AS bigint) AS order_total,
    min(CASE WHEN counts = 1 THEN at END) AS first_order_at,
    max(CASE WHEN counts = 1 THEN at END) AS last_order_at,
    min(at) AS first_line_at, max(last_line_at) AS last_line_at, max(latest_at) AS latest_at
    FROM (${counted}) counted GROUP BY profile_id`;
}

/** The number as an amount: 0 where it is none. PostgreSQL fails on products that over- or underflow. */
export function amount(number: SQL): SQL {
  const [least, most] = [sql.raw(String(SMALLEST_AMOUNT)), sql.raw(String(LARGEST_AMOUNT))];
  return sql`(CASE WHEN abs(${number}) BETWEEN CAST(${least} AS double precision) AND CAST(${most} AS double precision) THEN ${number} ELSE 0 END)`;
}

/** The amount in units. */
export const units = (number: SQL) => sql`floor(${number} * ${sql.raw(String(AMOUNT_UNITS))} + 0.5)`;

function moneyOf(phrases: Phrases, { money }: TraitSettings): SQL {
  const own = segmentPhrases(phrases);
  const ways = money.map((factors) => {
    const numbers = factors.map((key) => own.number(sql`e.properties`, key));
    const known = numbers.map((number) => sql`(${number}) IS NOT NULL`);
    const product = sql.join(numbers.map(amount), sql` * `);
    const whole = numbers.length === 1 ? product : amount(sql`(${product})`);
    return sql`WHEN ${sql.join(known, sql` AND `)} THEN ${units(whole)}`;
  });
  return sql`CASE ${sql.join(ways, sql` `)} END`;
}

/** A text that is the same for the lines of one order. */
function orderOf(phrases: Phrases, { orderIds }: TraitSettings): SQL {
  const own = sql`'#' || CAST(e.id AS text)`;
  if (orderIds.length === 0) return own;
  const column = sql`e.properties`;
  const ways = orderIds.map(
    (key) =>
      sql`WHEN ${phrases.jsonType(column, key)} IN ('text', 'number') THEN '=' || ${phrases.jsonText(column, key)}`,
  );
  return sql`CASE ${sql.join(ways, sql` `)} ELSE ${own} END`;
}

const list = (texts: readonly string[]) => sql`(${listOf(texts)})`;
