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
  const size = events.length;
  const keys: (string | null)[] = [];
  const digests = new Float64Array(size);
  const profiles = new Float64Array(size);
  const types: string[] = [];
  const moments = new Float64Array(size);
  const properties: string[] = [];
  // One pass: this runs beside the reading of the next rows, on the same thread.
  for (const [index, event] of events.entries()) {
    const digest = digestInKey(event.key);
    keys.push(digest === undefined ? event.key : null);
    digests[index] = digest ?? Number.NaN;
    profiles[index] = event.profileId;
    types.push(event.type);
    moments[index] = event.at;
    properties.push(JSON.stringify(event.properties));
  }
  const received = new Float64Array(size).fill(receivedAt);
  return { insert: addNew, columns: [keys, digests, profiles, types, moments, properties, received] };
}
