import type { Refused } from './filters.ts';

/** One row of a file: its values, or why it cannot be read. */
export interface FileRow {
  /** Line on which the row starts, counted from 1. */
  readonly line: number;
  /** The row as it stands in the file. */
  readonly text: string;
  /** CSV: the fields in the order of the header. JSON Lines: the one object. */
  readonly values: readonly unknown[];
  /** Why the row cannot be used; `values` is empty then. */
  readonly broken?: string;
}

/** The value of one column in a row; undefined when it is absent. */
export type Cell = (values: readonly unknown[]) => unknown;

/** How the columns of a file are found. */
export interface Shape {
  readonly format: 'csv' | 'jsonl';
  /** Names of the columns; undefined when every row has its own (JSON Lines). */
  readonly columns: readonly string[] | undefined;
  /** The reader of a column; undefined when the file has no such column. */
  cell(name: string): Cell | undefined;
  /**
   * Visits all columns of a row but the given ones, until one is refused. `into` is handed through, so that nothing
   * has to be made for a row.
   */
  others(
    but: ReadonlySet<string>,
  ): <I>(
    values: readonly unknown[],
    visit: (into: I, name: string, value: unknown) => Refused | undefined,
    into: I,
  ) => Refused | undefined;
}

/** A file that is being read: what its columns are, then its rows in blocks. */
export interface Rows {
  readonly shape: Shape;
  /** The values of a row that was readable, from its text. */
  again(text: string): readonly unknown[];
  readonly blocks: AsyncIterable<readonly FileRow[]>;
}

/** Whether a cell holds nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}
