import type Sqlite from 'better-sqlite3';
import type { BulkRow } from './database.ts';
import { onceEach } from './once-each.ts';
import { hasteOf } from './sqlite-handle.ts';

const KEPT_STATEMENTS = 500;

/** A statement with the rows that it is run for, one after another. */
export interface Step {
  readonly text: string;
  readonly rows: readonly BulkRow[];
  /** Which of a row's values each parameter is; without it they are its values in their order. */
  readonly places?: readonly number[];
}

/** What an engine is asked to do, and whether a commit need not wait for the disk. */
export type Ask = Work & { readonly hasty?: boolean };

/** Plain data, so that it can be asked from another thread. */
type Work =
  | { readonly kind: 'all' | 'run'; readonly text: string; readonly params: readonly unknown[] }
  | ({ readonly kind: 'each' } & Step)
  /** All steps in the transaction that is open, else in one of their own. */
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'begin' | 'commit' | 'rollback' };

/** Rows as lists of values in the order of `columns`; how many rows were written, where rows do not say it. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: unknown[][];
  readonly changes: number;
  /** Of a step whose statement returns nothing: the places of the rows that changed nothing. */
  readonly idle?: readonly number[];
}

/** Runs statements on a handle of better-sqlite3, prepared once each: to prepare most of ours takes longer than to run them. */
export class Engine {
  readonly #handle: Sqlite.Database;
  readonly #kept = new Map<string, Sqlite.Statement>();
  readonly #hasten: (isHasty: boolean) => void;

  constructor(handle: Sqlite.Database) {
    this.#handle = handle;
    this.#hasten = hasteOf(handle);
  }

  /** @returns one answer; for `steps` one a step */
  do(ask: Ask): Answer[] {
    if (!this.#handle.inTransaction) this.#hasten(ask.hasty === true);
    switch (ask.kind) {
      case 'all':
      case 'run':
        return [this.#run(ask.text, ask.params)];
      case 'each':
        return [this.#handle.inTransaction ? this.#each(ask) : this.#whole(() => this.#each(ask))];
      case 'steps':
        return this.#handle.inTransaction
          ? ask.steps.map((step) => this.#each(step))
          : this.#whole(() => ask.steps.map((step) => this.#each(step)));
      case 'rollback':
        // A statement that failed may have rolled back already.
        if (this.#handle.inTransaction) this.#handle.exec('ROLLBACK');
        return [];
      default:
        this.#handle.exec(ask.kind === 'begin' ? 'BEGIN IMMEDIATE' : 'COMMIT');
        return [];
    }
  }

  close(): void {
    this.#handle.close();
  }

  #whole<T>(work: () => T): T {
    this.#handle.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#handle.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#handle.inTransaction) this.#handle.exec('ROLLBACK');
      throw error;
    }
  }

  #run(text: string, params: readonly unknown[]): Answer {
    const statement = this.#prepared(text);
    if (!statement.reader) return { ...nothing, changes: statement.run(...params).changes };
    const rows = statement.raw(true).all(...params) as unknown[][];
    return { columns: namesOf(statement), rows, changes: rows.length };
  }

  #each({ text, rows, places }: Step): Answer {
    const statement = this.#prepared(text);
    if (!statement.reader) {
      let changes = 0;
      const idle: number[] = [];
      for (const [place, row] of rows.entries()) {
        const changed = statement.run(valuesOf(row, places)).changes;
        changes += changed;
        if (changed === 0) idle.push(place);
      }
      return { ...nothing, changes, idle };
    }
    const found: unknown[][] = [];
    statement.raw(true);
    for (const row of rows)
      for (const line of statement.all(valuesOf(row, places)) as unknown[][]) found.push(line);
    return { columns: namesOf(statement), rows: found, changes: found.length };
  }

  #prepared(text: string): Sqlite.Statement {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const fresh = this.#handle.prepare(text);
    if (this.#kept.size >= KEPT_STATEMENTS) this.#kept.clear();
    this.#kept.set(text, fresh);
    return fresh;
  }
}

function valuesOf(row: BulkRow, places: readonly number[] | undefined): BulkRow {
  if (places === undefined) return row;
  const values: BulkRow[number][] = [];
  for (const place of places) values.push(row[place] ?? null);
  return values;
}

const nothing: Answer = { columns: [], rows: [], changes: 0 };
const namesOf = onceEach((statement: Sqlite.Statement) => statement.columns().map((column) => column.name));
