import type { InferSelectModel } from 'drizzle-orm';
import type { ProfileState } from '../profiles/merge.ts';
import type { Profile } from '../profiles/port.ts';
import type { Frequency, Preferences } from '../profiles/preferences.ts';
import type { BulkRow, Tables } from './database.ts';

/*
 * A profile's columns and what they mean. Nothing here may load drizzle: the thread for bulk work does without.
 */

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

/** What a customer chose, from the columns that hold it. */
export function frequencyOf(
  row: Pick<ProfileRow, 'frequencyMax' | 'frequencyPer' | 'importantOnly'>,
): Frequency | undefined {
  const { frequencyMax: max, frequencyPer: per } = row;
  if (max === null || (per !== 'day' && per !== 'week' && per !== 'month')) return undefined;
  return row.importantOnly === 1 ? { max, per, importantOnly: true } : { max, per };
}
