import type { StatedCounts, StatedEvent } from '../profiles/port.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import { addEvents, type EventOf, LOAD_FROM } from './bulk-events.ts';
import { BETWEEN, type PackedEvents, packed, packedTexts } from './bulk-packing.ts';
import type { Bulk, Database, Store } from './database.ts';
import { erasedAmong } from './erased.ts';
import { Places } from './places.ts';
import { idsOf } from './profile-rows.ts';
import { ensureProfiles } from './profiles.ts';

/** See `EventStore.addStated`. Many go the bulk way of the database, if it has one. */
export function addStated(
  db: Database | Store,
  events: readonly StatedEvent[],
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return 'bulk' in db && db.bulk !== undefined && events.length >= LOAD_FROM
    ? loadStated(db.bulk, events, create, receivedAt, traits)
    : byStatements(db, events, create, receivedAt, traits);
}

/** `addStated` by the bulk way of a database. */
export function loadStated(
  bulk: Bulk,
  events: readonly StatedEvent[],
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  return bulk.events(packEvents(events, create, receivedAt, traits));
}

async function byStatements(
  db: Database | Store,
  events: readonly StatedEvent[],
  create: boolean,
  receivedAt: number,
  traits: TraitSettings,
): Promise<StatedCounts> {
  const addresses = [...new Set(events.map(({ whose }) => whose).filter((one) => typeof one === 'string'))];
  let ids = await idsOf(db, addresses);
  let profilesAdded = 0;
  if (create && ids.size < addresses.length) {
    const unknown = addresses.filter((address) => !ids.has(address));
    profilesAdded = await ensureProfiles(db, unknown, receivedAt);
    ids = await idsOf(db, addresses);
  }
  const erased = await erasedAmong(
    db,
    addresses.filter((address) => !ids.has(address)),
  );
  const found: EventOf[] = [];
  const nobody: { place: number; isErased: boolean }[] = [];
  for (const [place, { whose, ...event }] of events.entries()) {
    const profileId = typeof whose === 'number' ? whose : ids.get(whose);
    if (profileId !== undefined) found.push({ ...event, profileId });
    else nobody.push({ place, isErased: typeof whose === 'string' && erased.has(whose) });
  }
  return { ...(await addEvents(db, found, receivedAt, traits)), profilesAdded, nobody };
}

/** One pass: this runs beside the reading of the next rows, on the same thread. */
function packEvents(
  events: readonly StatedEvent[],
  create: boolean,
  receivedAt: number,
  { orderEvents, refundEvents }: TraitSettings,
): PackedEvents {
  const size = events.length;
  const addresses = new Places();
  const types = new Places();
  const whose = new Float64Array(size);
  const typePlaces = new Uint16Array(size);
  const digests = new Float64Array(size);
  const moments = new Float64Array(size);
  const keys: (string | null)[] = [];
  const properties: string[] = [];
  let place = 0;
  for (const event of events) {
    whose[place] = typeof event.whose === 'number' ? event.whose : -1 - addresses.of(event.whose);
    typePlaces[place] = types.of(event.type);
    digests[place] = event.digest;
    moments[place] = event.at;
    keys.push(event.key ?? null);
    properties.push(event.properties);
    place += 1;
  }
  return {
    addresses: packedTexts(addresses.texts()),
    whose,
    keys: packed(keys),
    digests,
    types: types.texts(),
    typePlaces,
    moments,
    properties: properties.join(BETWEEN),
    receivedAt,
    create,
    marking: [...orderEvents, ...refundEvents],
  };
}
