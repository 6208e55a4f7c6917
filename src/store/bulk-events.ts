import { digestInKey } from '../profiles/event-key.ts';
import type { NewEvent } from '../profiles/port.ts';
import type { StatedEvent } from '../profiles/stated-events.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import type { BulkInsert, BulkRow, Database, Load, Store } from './database.ts';
import { untilAlone } from './races.ts';
import { addMarks, markTraits, touched } from './traits.ts';

/** From so many events on the thread for loads is worth the way there. */
export const LOAD_FROM = 2000;

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

/** An event whose profile is known, as the table has it. */
export interface EventOf extends Omit<StatedEvent, 'whose'> {
  readonly profileId: number;
}

export function eventOf({ key, profileId, type, at, properties }: NewEvent): EventOf {
  const digest = digestInKey(key);
  return {
    key: digest === undefined ? key : undefined,
    digest: digest ?? Number.NaN,
    profileId,
    type,
    at,
    properties: JSON.stringify(properties),
  };
}

/**
 * Adds events that are new, all or none, and with them the marks of the profiles whose traits they change. They go
 * in the order of profiles: the index by profile is the only one whose places lie apart, and neighbours share its
 * pages.
 */
export async function addEvents(
  db: Database | Store,
  fresh: readonly EventOf[],
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
  events: readonly EventOf[],
  marked: ReadonlySet<number>,
  receivedAt: number,
): Promise<number> {
  const marks: Load = { insert: addMarks, columns: [Float64Array.from(marked)], ifWritten: true };
  const [added = 0] = await store.load([loadOf(events, receivedAt), ...(marked.size > 0 ? [marks] : [])]);
  return added;
}

function insert(
  db: Database,
  events: readonly EventOf[],
  marked: ReadonlySet<number>,
  receivedAt: number,
): Promise<number> {
  const rows = events.map((event) => rowOf(event, receivedAt));
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
function inOrder(a: EventOf, b: EventOf): number {
  return a.profileId - b.profileId || a.at - b.at;
}

/** The columns of `addNewEvents`. */
export function eventRow(event: NewEvent, receivedAt: number): BulkRow {
  return rowOf(eventOf(event), receivedAt);
}

function rowOf({ key, digest, profileId, type, at, properties }: EventOf, receivedAt: number): BulkRow {
  return [key ?? null, key === undefined ? digest : null, profileId, type, at, properties, receivedAt];
}

function loadOf(events: readonly EventOf[], receivedAt: number): Load {
  const numbers = (of: (event: EventOf) => number) => Float64Array.from(events, of);
  return {
    insert: addNewEvents,
    columns: [
      events.map(({ key }) => key ?? null),
      numbers(({ key, digest }) => (key === undefined ? digest : Number.NaN)),
      numbers(({ profileId }) => profileId),
      events.map(({ type }) => type),
      numbers(({ at }) => at),
      events.map(({ properties }) => properties),
      new Float64Array(events.length).fill(receivedAt),
    ],
  };
}
