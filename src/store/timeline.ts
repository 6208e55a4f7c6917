import type { JsonObject } from '../profiles/json.ts';
import type { BulkInsert, Database } from './database.ts';

/** An event of Dear's own making, with a key by which it counts once. */
export interface OwnEvent {
  readonly key: string;
  readonly profileId: number;
  readonly type: string;
  readonly properties: JsonObject;
}

const addNew: BulkInsert = {
  into: 'events',
  columns: {
    key: 'text',
    profile_id: 'int',
    type: 'text',
    at: 'int',
    properties: 'json',
    received_at: 'int',
  },
  tail: 'ON CONFLICT DO NOTHING',
};

/** Adds events of the moment `now` (ms) to their profiles' timelines. */
export async function addOwnEvents(tx: Database, events: readonly OwnEvent[], now: number): Promise<void> {
  const rows = events.map(({ key, profileId, type, properties }) => [
    key,
    profileId,
    type,
    now,
    JSON.stringify(properties),
    now,
  ]);
  if (rows.length > 0) await tx.insertMany(addNew, rows);
}
