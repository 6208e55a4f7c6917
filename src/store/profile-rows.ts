import { type InferSelectModel, inArray, type SQL, sql } from 'drizzle-orm';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { ProfileState } from '../profiles/merge.ts';
import type { Profile } from '../profiles/port.ts';
import type { Frequency, Preferences } from '../profiles/preferences.ts';
import type { BulkRow, Database, Tables } from './database.ts';
import { objectOf } from './json-column.ts';

export type ProfileRow = InferSelectModel<Tables['profiles']>;

/** Columns of a bulk insert, in the order of `bulkRow`. */
export const profileColumns = {
  email: 'text',
  attributes: 'json',
  time_zone: 'text',
  frequency_max: 'int',
  frequency_per: 'text',
  quiet_from: 'int',
  quiet_to: 'int',
  paused_until: 'int',
  important_only: 'int',
  created_at: 'int',
  updated_at: 'int',
} as const;

export function bulkRow(email: string | null, state: ProfileState, now: number): BulkRow {
  const chosen = preferenceColumns(state);
  return [
    email,
    JSON.stringify(state.attributes),
    chosen.timeZone,
    chosen.frequencyMax,
    chosen.frequencyPer,
    chosen.quietFrom,
    chosen.quietTo,
    chosen.pausedUntil,
    chosen.importantOnly,
    now,
    now,
  ];
}

/** Preferences as the table has them. */
export function preferenceColumns(chosen: Preferences) {
  return {
    timeZone: chosen.timeZone ?? null,
    frequencyMax: chosen.frequency?.max ?? null,
    frequencyPer: chosen.frequency?.per ?? null,
    quietFrom: chosen.quietHours?.from ?? null,
    quietTo: chosen.quietHours?.to ?? null,
    pausedUntil: chosen.pausedUntil ?? null,
    importantOnly: chosen.frequency?.importantOnly ? 1 : null,
  };
}

export function profileOf(row: ProfileRow): Profile {
  const { quietFrom: from, quietTo: to } = row;
  return {
    id: row.id,
    email: row.email ?? undefined,
    attributes: row.attributes,
    timeZone: row.timeZone ?? undefined,
    frequency: frequencyOf(row),
    quietHours: from !== null && to !== null ? { from, to } : undefined,
    pausedUntil: row.pausedUntil ?? undefined,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** A row of a query written by hand, in which SQLite gives JSON as text. */
export function rowOf(row: Omit<ProfileRow, 'attributes'> & { readonly attributes: unknown }): ProfileRow {
  return { ...row, attributes: objectOf(row.attributes) };
}

/** What a customer chose, from the columns that hold it. */
export function frequencyOf(
  row: Pick<ProfileRow, 'frequencyMax' | 'frequencyPer' | 'importantOnly'>,
): Frequency | undefined {
  const { frequencyMax: max, frequencyPer: per } = row;
  if (max === null || (per !== 'day' && per !== 'week' && per !== 'month')) return undefined;
  return row.importantOnly === 1 ? { max, per, importantOnly: true } : { max, per };
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
