import { desc, eq, sql } from 'drizzle-orm';
import type { EventStore, EventSummary } from '../profiles/port.ts';
import { defaultTraitSettings, type TraitSettings } from '../profiles/trait-settings.ts';
import { addEvents, eventOf } from './bulk-events.ts';
import type { Database, Store } from './database.ts';
import { keptBy } from './kept.ts';
import { newest } from './newest.ts';
import { addStated } from './stated-events.ts';

/** Events in the database. */
export function eventStore(db: Database | Store, traits: TraitSettings = defaultTraitSettings): EventStore {
  const { events } = db.tables;
  return {
    addStated: (stated, create, receivedAt) => addStated(db, stated, create, receivedAt, traits),
    kept: () => keptBy(db),
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
