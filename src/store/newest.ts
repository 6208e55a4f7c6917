import { type SQL, sql } from 'drizzle-orm';
import type { EventFacts, NewestNeed } from '../profiles/port.ts';
import type { Database } from './database.ts';
import { objectOf } from './json-column.ts';

/** So many events for each that is wanted are looked at first; nearly always the others are copies of no interest. */
const LOOK_AT = 4;

/**
 * Each profile's newest events, newest first. Where copies fall away (of events that agree in `distinctBy` the newest
 * stays) a few more than wanted are read, and told apart here; only profiles for whom these were too few have all
 * their events compared, in the database.
 */
export async function newest(
  db: Database,
  profileIds: readonly number[],
  need: NewestNeed,
): Promise<Map<number, EventFacts[]>> {
  const found = new Map<number, EventFacts[]>();
  const unsettled: number[] = [];
  const most = need.distinctBy === undefined ? need.limit : need.limit * LOOK_AT;
  for (const [id, events] of byProfile(await latest(db, profileIds, need, most))) {
    const kept = distinct(events, need);
    // Of one moment there may be more than asked for.
    if (kept.length < need.limit && events.length >= most) unsettled.push(id);
    else if (kept.length > 0) found.set(id, kept);
  }
  if (unsettled.length === 0) return found;
  for (const [id, events] of byProfile(await latestDistinct(db, unsettled, need))) found.set(id, events);
  return found;
}

interface EventRow {
  readonly profile_id: number;
  readonly at: number;
  readonly properties: unknown;
}

function byProfile(rows: readonly EventRow[]): Map<number, EventFacts[]> {
  const found = new Map<number, EventFacts[]>();
  let list: EventFacts[] = [];
  let id: number | undefined;
  for (const row of rows) {
    if (row.profile_id !== id) {
      id = row.profile_id;
      list = [];
      found.set(id, list);
    }
    list.push(Object.assign(objectOf(row.properties), { at: row.at }));
  }
  return found;
}

function distinct(events: EventFacts[], { distinctBy, limit }: NewestNeed): EventFacts[] {
  if (distinctBy === undefined) return events.length > limit ? events.slice(0, limit) : events;
  const seen = new Set<string>();
  const kept: EventFacts[] = [];
  for (const event of events) {
    const value = Object.hasOwn(event, distinctBy) ? event[distinctBy] : undefined;
    if (value === undefined || value === null) continue;
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (seen.has(text)) continue;
    seen.add(text);
    kept.push(event);
    if (kept.length === limit) break;
  }
  return kept;
}

/** All events from the one on that is the last of `most`, counted from the newest, in the order of profiles. */
function latest(db: Database, ids: readonly number[], need: NewestNeed, most: number): Promise<EventRow[]> {
  const bound = sql`SELECT x.at FROM events x WHERE x.profile_id = v.id AND ${fits(db, 'x', need)}
    ORDER BY x.at DESC LIMIT 1 OFFSET ${most - 1}`;
  return db.rows<EventRow>(sql`WITH v(id) AS ${db.phrases.numbers(ids)}
    SELECT e.profile_id AS profile_id, e.at AS at, e.properties AS properties
    FROM v CROSS JOIN events e WHERE e.profile_id = v.id AND ${fits(db, 'e', need)}
      AND e.at >= coalesce((${bound}), ${EARLIEST})
    ORDER BY e.profile_id, e.at DESC, e.id DESC`);
}

/** Before any moment that an event may have, ms. */
const EARLIEST = -Number.MAX_SAFE_INTEGER;

function latestDistinct(db: Database, ids: readonly number[], need: NewestNeed): Promise<EventRow[]> {
  const value =
    need.distinctBy === undefined ? sql`e.id` : db.phrases.jsonText(sql`e.properties`, need.distinctBy);
  return db.rows<EventRow>(sql`
    SELECT profile_id, at, properties FROM (
      SELECT profile_id, id, at, properties,
        row_number() OVER (PARTITION BY profile_id ORDER BY at DESC, id DESC) AS place
      FROM (
        SELECT e.profile_id AS profile_id, e.id AS id, e.at AS at, e.properties AS properties,
          row_number() OVER (PARTITION BY e.profile_id, ${value} ORDER BY e.at DESC, e.id DESC) AS copy
        FROM events e WHERE e.profile_id IN ${db.phrases.numbers(ids)} AND ${fits(db, 'e', need)}
          AND ${value} IS NOT NULL
      ) matching WHERE copy = 1
    ) counted WHERE place <= ${need.limit} ORDER BY profile_id, place`);
}

function fits(db: Database, table: 'e' | 'x', need: NewestNeed): SQL {
  const properties = sql`${sql.raw(table)}.properties`;
  return sql.join(
    [
      sql`${sql.raw(table)}.type = ${need.type}`,
      ...Object.entries(need.where ?? {}).map(([key, value]) => equals(db, properties, key, value)),
    ],
    sql` AND `,
  );
}

function equals(db: Database, column: SQL, key: string, value: string | number | boolean): SQL {
  if (typeof value === 'number') return sql`${db.phrases.jsonNumber(column, key)} = ${value}`;
  const kind = typeof value === 'boolean' ? 'boolean' : 'text';
  return sql`${db.phrases.jsonType(column, key)} = ${kind} AND ${db.phrases.jsonText(column, key)} = ${String(value)}`;
}
