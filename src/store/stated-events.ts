import type { StatedCounts, StatedEvents } from '../profiles/stated-events.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import { addEvents, type EventOf, LOAD_FROM } from './bulk-events.ts';
import { BETWEEN, type PackedEvents, packed, packedTexts } from './bulk-packing.ts';
import type { Bulk, Database, Store } from './database.ts';
import { erasedAmong } from './erased.ts';
import { idsOf } from './profile-rows.ts';
import { ensureProfiles } from './profiles.ts';

/** See `EventStore.addStated`. Many go the bulk way of the database, if it has one. */
export function addStated(
  db: Database | Store,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return 'bulk' in db && db.bulk !== undefined && events.size >= LOAD_FROM
    ? loadStated(db.bulk, events, create, receivedAt, traits)
    : byStatements(db, events, create, receivedAt, traits);
}

/** `addStated` by the bulk way of a database. */
export function loadStated(
  bulk: Bulk,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return bulk.events(packEvents(events, create, receivedAt, traits));
}

async function byStatements(
  db: Database | Store,
  events: StatedEvents,
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
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
