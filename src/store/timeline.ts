import type { OwnEventType } from '../profiles/event-key.ts';
import type { JsonObject } from '../profiles/json.ts';
import { addNewEvents, eventRow } from './bulk-events.ts';
import type { Database } from './database.ts';

/** An event of Dear's own making, with a key by which it counts once. */
export interface OwnEvent {
  readonly key: string;
  readonly profileId: number;
  readonly type: OwnEventType;
  readonly properties: JsonObject;
}

/** Adds events of the moment `now` (ms) to their profiles' timelines. */
export async function addOwnEvents(tx: Database, events: readonly OwnEvent[], now: number): Promise<void> {
  const rows = events.map((event) => eventRow({ ...event, at: now }, now));
  if (rows.length > 0) await tx.insertMany(addNewEvents, rows);
}
