import type Sqlite from 'better-sqlite3';
import type { StatedWritten } from '../profiles/stated-events.ts';
import { BETWEEN, type PackedEvents, unpackedTexts } from './bulk-packing.ts';
import type { BulkPeople } from './bulk-people.ts';

/** Writes events of a file to SQLite, in the thread for bulk work and in a transaction. */
export function eventsWriter(handle: Sqlite.Database, people: BulkPeople) {
  const add = handle.prepare(`INSERT INTO events (key, digest, profile_id, type, at, properties, received_at)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`);
  const mark = handle.prepare('INSERT INTO trait_marks (profile_id) VALUES (?)');
  return (events: PackedEvents): StatedWritten => {
    people.begin();
    const found = findAll(people, events);
    const ids = profilesOf(events, found.ids);
    const order = inOrder(ids, events.moments);
    const added = addAll(add, events, ids, order);
    if (added > 0) for (const id of marked(events, ids)) mark.run(id);
    return {
      added,
      duplicates: order.length - added,
      profilesAdded: found.added,
      nobody: nobodyOf(events, ids, found.erased),
    };
  };
}

/** The profile of each address, NaN for nobody's; the places of addresses whose person was erased. */
function findAll(people: BulkPeople, { addresses, create, receivedAt }: PackedEvents) {
  const texts = unpackedTexts(addresses);
  const ids = new Float64Array(texts.length).fill(Number.NaN);
  const erased = new Set<number>();
  const unknown: number[] = [];
  for (const [place, address] of texts.entries()) {
    const id = people.find(address);
    if (id === undefined) unknown.push(place);
    else ids[place] = id;
  }
  let added = 0;
  const textOf = (place: number) => texts[place] ?? '';
  // In the order of addresses, as everybody makes profiles.
  for (const place of unknown.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))) {
    if (people.isErased(textOf(place))) erased.add(place);
    else if (create) {
      ids[place] = people.add(textOf(place), receivedAt);
      added += 1;
    }
  }
  return { ids, added, erased };
}

function profilesOf({ whose }: PackedEvents, addressed: Float64Array): Float64Array {
  return whose.map((one) => (one >= 0 ? one : (addressed[-1 - one] ?? Number.NaN)));
}

/**
 * The places of the events that have a profile, sorted by profile, then by moment; what is equal stays in its order.
 * Neighbours share pages of the index by profile, the only one whose places lie apart.
 */
function inOrder(ids: Float64Array, moments: Float64Array): Uint32Array {
  const distinct = Float64Array.from(new Set(ids)).sort();
  const ranks = new Map<number, number>();
  for (const [rank, id] of distinct.entries()) if (!Number.isNaN(id)) ranks.set(id, rank);
  const starts = new Uint32Array(ranks.size + 1);
  for (const id of ids) {
    const rank = ranks.get(id);
    if (rank !== undefined) starts[rank + 1] = (starts[rank + 1] ?? 0) + 1;
  }
  for (let rank = 1; rank < starts.length; rank += 1)
    starts[rank] = (starts[rank] ?? 0) + (starts[rank - 1] ?? 0);
  const order = new Uint32Array(starts.at(-1) ?? 0);
  const first = starts.slice();
  const momentAt = (at: number) => moments[order[at] ?? 0] ?? 0;
  for (let place = 0; place < ids.length; place += 1) {
    const rank = ranks.get(ids[place] ?? Number.NaN);
    if (rank === undefined) continue;
    const low = first[rank] ?? 0;
    let at = starts[rank] ?? 0;
    starts[rank] = at + 1;
    // Files are mostly in the order of time: then there is nothing to move.
    const moment = moments[place] ?? 0;
    for (; at > low && momentAt(at - 1) > moment; at -= 1) order[at] = order[at - 1] ?? 0;
    order[at] = place;
  }
  return order;
}

function addAll(add: Sqlite.Statement, events: PackedEvents, ids: Float64Array, order: Uint32Array): number {
  const { keys, digests, types, typePlaces, moments, receivedAt } = events;
  const properties = events.properties.split(BETWEEN);
  const named = typeof keys === 'string' ? keys.split(BETWEEN) : keys;
  let added = 0;
  for (const place of order) {
    const key = named?.[place] ?? null;
    const type = types[typePlaces[place] ?? 0];
    const digest = key === null ? digests[place] : null;
    added += add.run(key, digest, ids[place], type, moments[place], properties[place], receivedAt).changes;
  }
  return added;
}

/** The profiles whose traits the events change. */
function marked({ types, typePlaces, marking }: PackedEvents, ids: Float64Array): Set<number> {
  const isMarking = types.map((type) => marking.includes(type));
  const found = new Set<number>();
  for (let place = 0; place < ids.length; place += 1) {
    const id = ids[place] ?? Number.NaN;
    if (isMarking[typePlaces[place] ?? 0] === true && !Number.isNaN(id)) found.add(id);
  }
  return found;
}

function nobodyOf({ whose }: PackedEvents, ids: Float64Array, erased: ReadonlySet<number>) {
  const nobody: { place: number; isErased: boolean }[] = [];
  for (let place = 0; place < ids.length; place += 1) {
    if (!Number.isNaN(ids[place])) continue;
    nobody.push({ place, isErased: erased.has(-1 - (whose[place] ?? 0)) });
  }
  return nobody;
}
