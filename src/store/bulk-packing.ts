import type { LoadColumn } from './database.ts';

export interface PackedLoad {
  readonly text: string;
  readonly rows: number;
  readonly columns: readonly PackedColumn[];
  readonly ifWritten: boolean;
}

export type BulkAsk =
  | { readonly kind: 'load'; readonly loads: readonly PackedLoad[] }
  | { readonly kind: 'close' };

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
