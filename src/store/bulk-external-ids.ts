import type Sqlite from 'better-sqlite3';
import { keyOf } from '../profiles/identify.ts';
import { type PackedProfiles, unpackedTexts } from './bulk-packing.ts';
import type { BulkPeople } from './bulk-people.ts';

/** An external id that nobody has yet, and the address of the profile that gets it. */
interface FreshId {
  readonly source: string;
  readonly value: string;
  readonly email: string;
}

/** External ids that say nothing new about who is who, in the thread for bulk work; see `ProfileStore.upsertNamed`. */
export class BulkExternalIds {
  readonly #people: BulkPeople;
  readonly #ownerOf: Sqlite.Statement;
  readonly #add: Sqlite.Statement;

  constructor(handle: Sqlite.Database, people: BulkPeople) {
    this.#people = people;
    // A claimed id is never its profile's for sure.
    this.#ownerOf = handle
      .prepare(
        'SELECT CASE WHEN claimed IS NULL THEN profile_id ELSE 0 END FROM external_ids WHERE source = ? AND value = ?',
      )
      .pluck();
    this.#add = handle.prepare(
      'INSERT INTO external_ids (source, value, profile_id, created_at) VALUES (?, ?, ?, ?)',
    );
  }

  /** Those that nobody has yet; undefined when there is one that has to be resolved. */
  freshOf({ emails, externalIds }: PackedProfiles): FreshId[] | undefined {
    if (externalIds === undefined) return [];
    const addresses = unpackedTexts(emails);
    const sources = unpackedTexts(externalIds.sources);
    const fresh = new Map<string, FreshId>();
    if (this.#people.hasFormer && addresses.some((one) => this.#people.current(one) !== one))
      return undefined;
    for (const [index, value] of unpackedTexts(externalIds.values).entries()) {
      const source = sources[index] ?? '';
      const email = addresses[externalIds.changes[index] ?? 0] ?? '';
      const key = keyOf({ source, value });
      const owner = this.#ownerOf.get(source, value);
      if (owner !== undefined) {
        if (owner !== this.#people.find(email)) return undefined;
        continue;
      }
      const other = fresh.get(key)?.email ?? email;
      if (other !== email || this.#people.isErased(key, 'external id')) return undefined;
      fresh.set(key, { source, value, email });
    }
    return [...fresh.values()];
  }

  /** Gives them to the profiles, which are there by now but for those of erased people. */
  add(fresh: readonly FreshId[], now: number): void {
    for (const { source, value, email } of [...fresh].sort(byName)) {
      const id = this.#people.find(email);
      if (id !== undefined) this.#add.run(source, value, id, now);
    }
  }
}

/** Neighbours share pages of the index. */
function byName(a: FreshId, b: FreshId): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.value < b.value ? -1 : 1;
}
