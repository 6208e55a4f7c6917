import type { StatedCounts, StatedEvents, StatedWritten } from '../profiles/stated-events.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import { addEvents, type EventOf, LOAD_FROM } from './bulk-events.ts';
import { BETWEEN, type PackedEvents, packed, packedTexts } from './bulk-packing.ts';
import type { Bulk, Database, Store } from './database.ts';
import { erasedAmong } from './erased.ts';
import { copiesAmong } from './event-copies.ts';
import { idsOf } from './profile-rows.ts';
import { ensureProfiles } from './profiles.ts';

/** See `EventStore.addStated`. Many go the bulk way of the database, if it has one. */
export async function addStated(
  db: Database | Store,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return 'bulk' in db && db.bulk !== undefined && events.size >= LOAD_FROM
    ? loadStated(db, db.bulk, events, create, receivedAt, traits)
    : withCopies(db, events, await byStatements(db, events, create, receivedAt, traits));
}

/** `addStated` by the bulk way of a database. */
export async function loadStated(
  db: Database,
  bulk: Bulk,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return withCopies(db, events, await bulk.events(packEvents(events, create, receivedAt, traits)));
}

/** Duplicates are looked at afterwards, where they are a few: a file that is new has none. */
async function withCopies(
  db: Database,
  events: StatedEvents,
  { duplicates, ...written }: StatedWritten,
): Promise<StatedCounts> {
  if (duplicates === 0 || !events.isKeyed) return { ...written, duplicates, restated: 0, others: [] };
  const nobody = new Set(written.nobody.map(({ place }) => place));
  const copies = await copiesAmong(
    db,
    [...events.list().entries()].filter(([place]) => !nobody.has(place)),
  );
  const others = [...copies].flatMap(([place, copy]) => (copy === 'other' ? [place] : []));
  return {
    ...written,
    duplicates: duplicates - others.length,
    restated: copies.size - others.length,
    others,
  };
}

async function byStatements(
  db: Database | Store,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedWritten> {
  const { addresses } = events.columns();
  let ids = await idsOf(db, addresses);
  let profilesAdded = 0;
  if (create && ids.size < addresses.length) {
    const unknown = addresses.filter((address) => !ids.has(address));
    profilesAdded = await ensureProfiles(db, unknown, receivedAt);
    ids = await idsOf(db, addresses);
  }
  const erased = await erasedAmong(db, addresses);
  const found: EventOf[] = [];
  const nobody: { place: number; isErased: boolean }[] = [];
  for (const [place, { whose, ...event }] of events.list().entries()) {
    const isErased = typeof whose === 'string' && erased.has(whose);
    const profileId = typeof whose === 'number' ? whose : ids.get(whose);
    if (profileId !== undefined && !isErased) found.push({ ...event, profileId });
    else nobody.push({ place, isErased });
  }
  return { ...(await addEvents(db, found, receivedAt, traits)), profilesAdded, nobody };
}

function packEvents(
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  { orderEvents, refundEvents }: TraitSettings,
): PackedEvents {
  const { addresses, keys, properties, ...columns } = events.columns();
  return {
    ...columns,
    addresses: packedTexts(addresses),
    keys: packed(keys),
    properties: properties.join(BETWEEN),
    receivedAt,
    create,
    marking: [...orderEvents, ...refundEvents],
  };
}
