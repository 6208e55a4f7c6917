import { desc, eq, type SQL, sql } from 'drizzle-orm';
import type { EventFacts, EventStore, EventSummary, NewestNeed } from '../profiles/port.ts';
import { defaultTraitSettings, type TraitSettings } from '../profiles/trait-settings.ts';
import { addEvents, eventOf } from './bulk-events.ts';
import type { Database, Store } from './database.ts';
import { addStated } from './stated-events.ts';

/** Events in the database. */
export function eventStore(db: Database | Store, traits: TraitSettings = defaultTraitSettings): EventStore {
  const { events } = db.tables;
  return {
    addStated: (stated, create, receivedAt) => addStated(db, stated, create, receivedAt, traits),
    addMany: (fresh, receivedAt) => addEvents(db, fresh.map(eventOf), receivedAt, traits),
    timeline: (profileId, limit) =>
      db.orm
        .select({
          id: events.id,
          type: events.type,
          at: events.at,
          properties: events.properties,
          receivedAt: events.receivedAt,
        })
        .from(events)
        .where(eq(events.profileId, profileId))
        .orderBy(desc(events.at), desc(events.id))
        .limit(limit),
    summary: (profileId) =>
      db.rows<EventSummary>(sql`
        SELECT type, count(*) AS count, min(at) AS first, max(at) AS last
        FROM events WHERE profile_id = ${profileId} GROUP BY type ORDER BY type`),
    newest: (profileIds, need) => newest(db, profileIds, need),
  };
}

/**
 * One query for one need of a batch of profiles: first the copies fall away (of events that agree in
 * `distinctBy` the newest stays), then each profile's newest are counted off.
 */
async function newest(
  db: Database,
  profileIds: readonly number[],
  need: NewestNeed,
): Promise<Map<number, EventFacts[]>> {
  const properties = sql`e.properties`;
  const distinct =
    need.distinctBy === undefined ? undefined : db.phrases.jsonText(properties, need.distinctBy);
  const copy = distinct
    ? sql`row_number() OVER (PARTITION BY e.profile_id, ${distinct} ORDER BY e.at DESC, e.id DESC)`
    : sql`1`;
  const conditions = [
    sql`e.profile_id IN ${db.phrases.numbers(profileIds)}`,
    sql`e.type = ${need.type}`,
    ...(distinct ? [sql`${distinct} IS NOT NULL`] : []),
    ...Object.entries(need.where ?? {}).map(([key, value]) => equals(db, properties, key, value)),
  ];
  const rows = await db.rows<{ profile_id: number; at: number; properties: unknown }>(sql`
    SELECT profile_id, at, properties FROM (
      SELECT profile_id, at, properties,
        row_number() OVER (PARTITION BY profile_id ORDER BY at DESC, id DESC) AS place
      FROM (
        SELECT e.profile_id AS profile_id, e.id AS id, e.at AS at, e.properties AS properties, ${copy} AS copy
        FROM events e WHERE ${sql.join(conditions, sql` AND `)}
      ) matching WHERE copy = 1
    ) counted WHERE place <= ${need.limit} ORDER BY profile_id, place`);
  const found = new Map<number, EventFacts[]>();
  for (const row of rows) {
    const facts = { ...objectOf(row.properties), at: row.at };
    const list = found.get(row.profile_id);
    if (list) list.push(facts);
    else found.set(row.profile_id, [facts]);
  }
  return found;
}

function equals(db: Database, column: SQL, key: string, value: string | number | boolean): SQL {
  if (typeof value === 'number') return sql`${db.phrases.jsonNumber(column, key)} = ${value}`;
  const kind = typeof value === 'boolean' ? 'boolean' : 'text';
  return sql`${db.phrases.jsonType(column, key)} = ${kind} AND ${db.phrases.jsonText(column, key)} = ${String(value)}`;
}

/** A JSON column of a hand-written query: text on SQLite, parsed on PostgreSQL. */
function objectOf(value: unknown): object {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return typeof parsed === 'object' && parsed !== null ? parsed : {};
}
