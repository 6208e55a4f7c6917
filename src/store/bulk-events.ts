import { digestInKey } from '../profiles/event-key.ts';
import type { NewEvent } from '../profiles/port.ts';
import type { BulkInsert, BulkRow, Database, Load, Store } from './database.ts';

/** From so many events on the thread for loads is worth the way there. */
const LOAD_FROM = 2000;

/** By its key or, without one, by profile, type, moment and digest an event counts once. */
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
  tail: 'ON CONFLICT DO NOTHING',
};

/**
 * Adds events that are new, all or none. They go in the order of profiles: the index by profile is the only one
 * whose places lie apart, and neighbours share its pages.
 */
export async function addEvents(
  db: Database | Store,
  fresh: readonly NewEvent[],
  receivedAt: number,
): Promise<{ added: number; duplicates: number }> {
  const sorted = [...fresh].sort(inOrder);
  const added =
    'load' in db && fresh.length >= LOAD_FROM
      ? ((await db.load([loadOf(sorted, receivedAt)]))[0] ?? 0)
      : (await db.transaction((tx) => tx.insertMany(addNew, rowsOf(sorted, receivedAt)))).written;
  return { added, duplicates: fresh.length - added };
}

/**
 * One order for all: two imports at once then wait for each other only one way. Of one moment the later given
 * stays later, so that 'the one stored last comes first' holds.
 */
function inOrder(a: NewEvent, b: NewEvent): number {
  return a.profileId - b.profileId || a.at - b.at;
}

function rowsOf(events: readonly NewEvent[], receivedAt: number): BulkRow[] {
  return events.map(({ key, profileId, type, at, properties }) => {
    const digest = digestInKey(key);
    const named = digest === undefined ? key : null;
    return [named, digest ?? null, profileId, type, at, JSON.stringify(properties), receivedAt];
  });
}

function loadOf(events: readonly NewEvent[], receivedAt: number): Load {
  const keys = events.map(({ key }) => (digestInKey(key) === undefined ? key : null));
  const digests = Float64Array.from(events, ({ key }) => digestInKey(key) ?? Number.NaN);
  return {
    insert: addNew,
    columns: [
      keys,
      digests,
      Float64Array.from(events, ({ profileId }) => profileId),
      events.map(({ type }) => type),
      Float64Array.from(events, ({ at }) => at),
      events.map(({ properties }) => JSON.stringify(properties)),
      new Float64Array(events.length).fill(receivedAt),
    ],
  };
}
