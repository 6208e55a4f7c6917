import { sql } from 'drizzle-orm';
import { keyOf } from '../profiles/identify.ts';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { Database } from './database.ts';

/** Who is exported or erased: by which ids and identifiers the tables know them. */
export interface Person {
  readonly id: number;
  /** Their own id, and those of profiles that were merged into it. */
  readonly ids: readonly number[];
  /** Their address and those they had before. */
  readonly addresses: readonly string[];
  /** Their external ids, as `keyOf` gives them. */
  readonly externalIds: readonly string[];
  /** Every letter of theirs. */
  readonly sendIds: readonly number[];
}

/** The person behind the id of a profile, or of one that was merged into it; undefined when nobody is. */
export async function personOf(db: Database, profileId: number): Promise<Person | undefined> {
  const [profile] = await db.rows<{ id: number; email: string | null }>(sql`SELECT id, email FROM profiles
    WHERE id = coalesce((SELECT m.survivor_id FROM merged_profiles m WHERE m.id = ${profileId}), ${profileId})`);
  if (profile === undefined) return undefined;
  const person = await traceOf(db, profile.id);
  return {
    ...person,
    addresses: [...new Set([...(profile.email === null ? [] : [profile.email]), ...person.addresses])],
  };
}

/** What is known under the id of a profile, which may be gone. */
export async function traceOf(db: Database, id: number): Promise<Person> {
  const merged = await db.rows<{ id: number }>(
    sql`SELECT id FROM merged_profiles WHERE survivor_id = ${id} ORDER BY id`,
  );
  const ids = [id, ...merged.map((row) => row.id)];
  const known = await db.rows<{ source: string; value: string }>(
    sql`SELECT source, value FROM external_ids WHERE profile_id IN ${db.phrases.numbers(ids)}`,
  );
  const sends = await db.rows<{ id: number }>(
    sql`SELECT id FROM sends WHERE profile_id IN ${db.phrases.numbers(ids)} ORDER BY id`,
  );
  return {
    id,
    ids,
    addresses: known.filter(({ source }) => source === FORMER_EMAIL).map(({ value }) => value),
    externalIds: known.filter(({ source }) => source !== FORMER_EMAIL).map(keyOf),
    sendIds: sends.map((row) => row.id),
  };
}
