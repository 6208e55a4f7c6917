import { inArray, type SQL, sql } from 'drizzle-orm';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { Database } from './database.ts';
import { objectOf } from './json-column.ts';
import type { ProfileRow } from './profile-columns.ts';

export {
  bulkRow,
  frequencyOf,
  type ProfileRow,
  preferenceColumns,
  profileColumns,
  profileOf,
} from './profile-columns.ts';

/** A row of a query written by hand, in which SQLite gives JSON as text. */
export function rowOf(row: Omit<ProfileRow, 'attributes'> & { readonly attributes: unknown }): ProfileRow {
  return { ...row, attributes: objectOf(row.attributes) };
}

/** The profile that a send now belongs to; stands where `merged_profiles` is joined on the send's own profile. */
export function currentProfile({ tables: { mergedProfiles, sends } }: Database): SQL<number> {
  return sql<number>`coalesce(${mergedProfiles.survivorId}, ${sends.profileId})`;
}

/** Ids by address, addresses that a profile had before among them; unknown addresses are absent. */
export async function idsOf(db: Database, emails: readonly string[]): Promise<Map<string, number>> {
  if (emails.length === 0) return new Map();
  const rows = await db.rows<{ id: number; email: string }>(
    sql`SELECT id, email FROM profiles WHERE email IN ${db.phrases.texts(emails)}
      UNION ALL SELECT profile_id, value FROM external_ids
      WHERE source = ${FORMER_EMAIL} AND value IN ${db.phrases.texts(emails)}`,
  );
  return new Map(rows.map((row) => [row.email, row.id]));
}

/** The present address of each of the given addresses that a profile had before. */
export async function presentAddresses(
  tx: Database,
  emails: readonly string[],
): Promise<Map<string, string>> {
  const rows = await tx.rows<{ former: string; email: string }>(sql`
    SELECT x.value AS former, p.email AS email FROM external_ids x JOIN profiles p ON p.id = x.profile_id
    WHERE x.source = ${FORMER_EMAIL} AND x.value IN ${tx.phrases.texts(emails)} AND p.email IS NOT NULL`);
  return new Map(rows.map((row) => [row.former, row.email]));
}

/** Locks the profiles until the transaction ends, then reads them. */
export async function lockAndRead(tx: Database, ids: readonly number[]): Promise<ProfileRow[]> {
  if (ids.length === 0) return [];
  await lock(tx, ids);
  const { profiles } = tx.tables;
  return tx.orm
    .select()
    .from(profiles)
    .where(inArray(profiles.id, tx.phrases.numbers(ids)));
}

/** Locks the profiles until the transaction ends, where others could write at the same time. */
export async function lock(tx: Database, ids: readonly number[]): Promise<void> {
  const locking = tx.phrases.lockProfiles(ids);
  if (locking !== undefined) await tx.rows(locking);
}
