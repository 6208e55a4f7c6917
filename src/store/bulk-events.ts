import { digestInKey } from '../profiles/event-key.ts';
import type { NewEvent } from '../profiles/port.ts';
import type { BulkInsert, BulkRow, Database } from './database.ts';

const addNew: BulkInsert = {
  into: 'events',
  columns: {
    key: 'text',
    digest: 'int',
    profile_id: 'int',
    type: 'text',
    at: 'int',
    properties: 'json',
    received_at: 'int',
  },
  // By its key or, without one, by profile, type, moment and digest.
  tail: 'ON CONFLICT DO NOTHING',
};

/**
 * Adds events that are new, all or none. They go in the order of profiles: the index by profile is the only one
 * whose places lie apart, and neighbours share its pages.
 */
export function addEvents(
  db: Database,
  fresh: readonly NewEvent[],
  receivedAt: number,
): Promise<{ added: number; duplicates: number }> {
  const rows = [...fresh].sort(inOrder).map((event): BulkRow => {
    const digest = digestInKey(event.key);
    return [
      digest === undefined ? event.key : null,
      digest ?? null,
      event.profileId,
      event.type,
      event.at,
      JSON.stringify(event.properties),
      receivedAt,
    ];
  });
  return db.transaction(async (tx) => {
    const { written: added } = await tx.insertMany(addNew, rows);
    return { added, duplicates: fresh.length - added };
  });
}

/**
 * One order for all: two imports at once then wait for each other only one way. Of one moment the later given
 * stays later, so that 'the one stored last comes first' holds.
 */
function inOrder(a: NewEvent, b: NewEvent): number {
  return a.profileId - b.profileId || a.at - b.at;
}
