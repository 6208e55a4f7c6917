import { isDeepStrictEqual } from 'node:util';
import { sql } from 'drizzle-orm';
import type { Copy, StatedEvent } from '../profiles/stated-events.ts';
import type { Database } from './database.ts';
import { objectOf } from './json-column.ts';
import { idsOf } from './profile-rows.ts';

type Came = Pick<StatedEvent, 'key' | 'whose' | 'type' | 'properties'>;

interface Stored {
  readonly key: string;
  readonly type: string;
  readonly profileId: number;
  /** SQLite gives the text. */
  readonly properties: unknown;
}

/**
 * What each of the events that came with a key is to the one that is stored under it, which may be itself; by place,
 * without those that are the same. The moment does not count: a source that gives none gives another each time.
 */
export async function copiesAmong(
  db: Database,
  events: Iterable<readonly [place: number, event: Came]>,
): Promise<Map<number, Exclude<Copy, 'same'>>> {
  const keyed = [...events].filter(([, { key }]) => key !== undefined);
  if (keyed.length === 0) return new Map();
  const stored = await storedUnder(db, new Set(keyed.flatMap(([, { key }]) => key ?? [])));
  const found = new Map<number, Exclude<Copy, 'same'>>();
  const ownerOf = await owners(db, keyed, stored);
  for (const [place, event] of keyed) {
    const first = stored.get(event.key ?? '');
    if (first === undefined) continue;
    if (first.type !== event.type || ownerOf(event.whose) !== first.profileId) found.set(place, 'other');
    else if (!says(first, event)) found.set(place, 'restated');
  }
  return found;
}

async function storedUnder(db: Database, keys: ReadonlySet<string>): Promise<Map<string, Stored>> {
  const rows = await db.rows<Stored>(sql`
    SELECT key AS "key", type AS "type", profile_id AS "profileId", properties AS "properties" FROM events
    WHERE key IS NOT NULL AND key IN ${db.phrases.texts([...keys])}`);
  return new Map(rows.map((row) => [row.key, row]));
}

/** Whose an event is by now: a former address and the id of a profile that was merged lead to the present one. */
async function owners(
  db: Database,
  keyed: readonly (readonly [number, Came])[],
  stored: ReadonlyMap<string, Stored>,
): Promise<(whose: Came['whose']) => number | undefined> {
  const others = keyed.map(([, { whose }]) => whose);
  const ids = await idsOf(db, [...new Set(others.filter((whose) => typeof whose === 'string'))]);
  const strange = keyed.flatMap(([, { key, whose }]) =>
    typeof whose === 'number' && stored.get(key ?? '')?.profileId !== whose ? [whose] : [],
  );
  const survivors = new Map<number, number>();
  if (strange.length > 0) {
    const rows = await db.rows<{ id: number; survivor: number }>(sql`
      SELECT id AS "id", survivor_id AS "survivor" FROM merged_profiles
      WHERE id IN ${db.phrases.numbers([...new Set(strange)])}`);
    for (const { id, survivor } of rows) survivors.set(id, survivor);
  }
  return (whose) => (typeof whose === 'string' ? ids.get(whose) : (survivors.get(whose) ?? whose));
}

function says(first: Stored, { properties }: Came): boolean {
  if (first.properties === properties) return true;
  return isDeepStrictEqual(objectOf(first.properties), objectOf(properties));
}
