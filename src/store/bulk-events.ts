import { digestInKey } from '../profiles/event-key.ts';
import type { NewEvent } from '../profiles/port.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import type { BulkInsert, BulkRow, Database, Load, Store } from './database.ts';
import { untilAlone } from './races.ts';
import { addMarks, markTraits, touched } from './traits.ts';

/** From so many events on the thread for loads is worth the way there. */
const LOAD_FROM = 2000;

/** By its key or, without one, by profile, type, moment and digest an event counts once. */
export const addNewEvents: BulkInsert = {
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
 * Adds events that are new, all or none, and with them the marks of the profiles whose traits they change. They go
 * in the order of profiles: the index by profile is the only one whose places lie apart, and neighbours share its
 * pages.
 */
export async function addEvents(
  db: Database | Store,
  fresh: readonly NewEvent[],
  receivedAt: number,
  traits: TraitSettings,
): Promise<{ added: number; duplicates: number }> {
  const sorted = [...fresh].sort(inOrder);
  const marked = touched(sorted, traits);
  // What comes over HTTP goes in another order, so that each may have to wait for the other.
  const added = await untilAlone(() =>
    'load' in db && fresh.length >= LOAD_FROM
      ? load(db, sorted, marked, receivedAt)
      : insert(db, sorted, marked, receivedAt),
  );
  return { added, duplicates: fresh.length - added };
}

async function load(
  store: Store,
  events: readonly NewEvent[],
  marked: ReadonlySet<number>,
  receivedAt: number,
): Promise<number> {
  const marks: Load = { insert: addMarks, columns: [Float64Array.from(marked)], ifWritten: true };
  const [added = 0] = await store.load([loadOf(events, receivedAt), ...(marked.size > 0 ? [marks] : [])]);
  return added;
}

function insert(
  db: Database,
  events: readonly NewEvent[],
  marked: ReadonlySet<number>,
  receivedAt: number,
): Promise<number> {
  const rows = events.map((event) => eventRow(event, receivedAt));
  return db.transaction(async (tx) => {
    const { written } = await tx.insertMany(addNewEvents, rows);
    if (written > 0) await markTraits(tx, marked);
    return written;
  });
}

/**
 * One order for all: two imports at once then wait for each other only one way. Of one moment the later given
 * stays later, so that 'the one stored last comes first' holds.
 */
function inOrder(a: NewEvent, b: NewEvent): number {
  return a.profileId - b.profileId || a.at - b.at;
}

/** The columns of `addNewEvents`. */
export function eventRow(event: NewEvent, receivedAt: number): BulkRow {
  const { key, profileId, type, at, properties } = event;
  const digest = digestInKey(key);
  const named = digest === undefined ? key : null;
  return [named, digest ?? null, profileId, type, at, JSON.stringify(properties), receivedAt];
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
  return { insert: addNewEvents, columns: [keys, digests, profiles, types, moments, properties, received] };
}
