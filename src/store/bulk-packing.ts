import type { ChangeCounts } from '../profiles/port.ts';
import type { PreferencesChange } from '../profiles/preferences.ts';
import type { StatedWritten } from '../profiles/stated-events.ts';
import type { Moment } from './sqlite-log.ts';

/** Texts hold no NUL character, which no text that Dear stores may. */
export type LoadColumn = Float64Array | readonly (string | null)[];

export interface PackedLoad {
  readonly text: string;
  readonly rows: number;
  readonly columns: readonly PackedColumn[];
  readonly ifWritten: boolean;
}

/** Events of a file; see `StatedEvent`. */
export interface PackedEvents {
  /** Addresses, each once. */
  readonly addresses: PackedTexts;
  /** An event's profile id, or -1 - the place of its address. */
  readonly whose: Float64Array;
  readonly keys: PackedColumn;
  /** NaN where there is a key. */
  readonly digests: Float64Array;
  /** Types, each once, and an event's place among them. */
  readonly types: readonly string[];
  readonly typePlaces: Uint16Array;
  readonly moments: Float64Array;
  readonly properties: string;
  readonly receivedAt: number;
  readonly create: boolean;
  /** Types that change traits. */
  readonly marking: readonly string[];
}

/** Changes of profiles; see `ProfileChange`, without external ids. */
export interface PackedProfiles {
  readonly emails: PackedTexts;
  /** JSON objects. */
  readonly attributes: string;
  /** Places of those whose attributes hold null, which removes a key. */
  readonly removing: Int32Array;
  /** What those chose that chose anything, by place. */
  readonly preferences: ReadonlyMap<number, PreferencesChange>;
  readonly consents: PackedConsents;
  /** Of changes that are to be stored only if these are plain; see `ProfileStore.upsertNamed`. */
  readonly externalIds: PackedExternalIds | undefined;
  readonly now: number;
}

export interface PackedExternalIds {
  /** The places of the changes that they belong to. */
  readonly changes: Int32Array;
  readonly sources: PackedTexts;
  readonly values: PackedTexts;
}

/** Consents of all changes in their order; columns of texts hold places in `texts`, -1 for none. */
export interface PackedConsents {
  readonly texts: readonly string[];
  /** The places of the changes that they belong to, ascending. */
  readonly changes: Int32Array;
  readonly topics: Int32Array;
  readonly states: Int32Array;
  readonly sources: Int32Array;
  readonly wordings: Int32Array;
  readonly proofs: Int32Array;
  /** NaN where the moment is not known. */
  readonly moments: Float64Array;
}

export type BulkAsk =
  | { readonly kind: 'load'; readonly loads: readonly PackedLoad[] }
  | { readonly kind: 'events'; readonly events: PackedEvents }
  | { readonly kind: 'profiles'; readonly profiles: PackedProfiles }
  /** The log is about to begin anew. */
  | { readonly kind: 'anew'; readonly moment: Moment }
  | { readonly kind: 'close' };

export type BulkAnswer = readonly number[] | StatedWritten | ChangeCounts | undefined;

/** Texts that are none of them null, as one. */
export interface PackedTexts {
  readonly count: number;
  readonly text: string;
}

export function packedTexts(texts: readonly string[]): PackedTexts {
  return { count: texts.length, text: texts.join(BETWEEN) };
}

export function unpackedTexts({ count, text }: PackedTexts): string[] {
  return count === 0 ? [] : text.split(BETWEEN);
}

/** What separates texts: a character that is never stored. */
export const BETWEEN = '\u0000';

/**
 * A column on its way to the thread. One long text is copied in a stroke, where a list is copied piece by piece;
 * a column of nothing but nulls is undefined.
 */
export type PackedColumn = Float64Array | string | readonly (string | null)[] | undefined;

/** A column as it travels. */
export function packed(column: LoadColumn): PackedColumn {
  if (column instanceof Float64Array) return column;
  if (column.every((text) => text === null)) return undefined;
  return column.includes(null) ? column : column.join(BETWEEN);
}
