import type { SQL } from 'drizzle-orm';
import type { SqliteRemoteDatabase } from 'drizzle-orm/sqlite-proxy';
import type { Mark } from '../profiles/mark.ts';
import type { ChangeCounts } from '../profiles/port.ts';
import type { StatedWritten } from '../profiles/stated-events.ts';
import type { LoadColumn, PackedEvents, PackedProfiles } from './bulk-packing.ts';
import type { defineTables } from './schema/tables.ts';

export type Tables = ReturnType<typeof defineTables>;

/** The query builder; on PostgreSQL it is the same surface, cast once where it is opened. */
export type Orm = SqliteRemoteDatabase;

/** The few phrases in which the two databases differ, as SQL fragments. */
export interface Phrases {
  readonly name: 'sqlite' | 'postgres';
  /** The database's own clock, milliseconds since 1970 UTC. */
  now(): SQL;
  /** The text of a property in a JSON column, NULL when absent; numbers and booleans as their JSON text. */
  jsonText(column: SQL, key: string): SQL;
  /** The number of a property in a JSON column, NULL when absent or not a number. */
  jsonNumber(column: SQL, key: string): SQL;
  /** 'text' | 'number' | 'boolean' | 'null' | 'array' | 'object', NULL when absent. */
  jsonType(column: SQL, key: string): SQL;
  /** A text of JSON as a JSON column takes it. */
  json(text: SQL): SQL;
  /** Locks the named rows of `profiles` until the transaction ends; nothing where writers are alone anyway. */
  lockProfiles(ids: readonly number[]): SQL | undefined;
  /** `(SELECT …)` over the given texts, one bound parameter however many they are; stands behind IN. */
  texts(values: readonly string[]): SQL;
  /** `(SELECT …)` over the given whole numbers, one bound parameter however many they are; stands behind IN. */
  numbers(values: readonly number[]): SQL;
  /**
   * The condition on rows of `sends` that an UPDATE is about to change, such that they are locked in the order of
   * their ids: all who change many sends at once do, so that no two of them wait for each other.
   */
  sendsInOrder(condition: SQL): SQL;
  /** Put behind a `SELECT … LIMIT n` whose rows are about to be taken by this transaction. */
  skipLocked(): SQL;
}

/** `INSERT INTO <into> (<columns>) … <tail>`, written once and run for many rows. Names are ours, never input. */
export interface BulkInsert {
  readonly into: string;
  /** Column names in snake_case with their kinds; a 'json' value is given as JSON text. */
  readonly columns: Readonly<Record<string, 'text' | 'int' | 'real' | 'json'>>;
  /** What follows the rows: ON CONFLICT …, RETURNING …. */
  readonly tail?: string;
}

/** One row of a bulk insert: values in the order of `columns`. */
export type BulkRow = readonly (string | number | null)[];

/** A bulk insert with its rows, column by column in the order of `insert.columns`. Numbers go as NaN when null. */
export interface Load {
  readonly insert: BulkInsert;
  readonly columns: readonly LoadColumn[];
  /** Left out unless a load before it wrote something: what it says is only so then. */
  readonly ifWritten?: boolean;
}

/**
 * One statement, run for every one of many rows of values, which it reads from `v` (`v.send_id`). The text is made
 * once: SQLite runs it row by row, prepared; PostgreSQL runs it once over all of them.
 */
export interface RowStatement {
  /** The columns of `v` with their types, in the order of a row's values. */
  readonly columns: Readonly<Record<string, 'text' | 'bigint'>>;
  /**
   * What follows `WITH v(…) AS (…)`; it must not bind parameters. With the terms of the row instead of `v`, SQLite has
   * half of the work, and `v` is not there.
   */
  body(phrases: Phrases, row: RowTerms): SQL;
}

/** How a statement speaks of its row. */
export interface RowTerms {
  of(column: string): SQL;
  /** FROM, with what is read beside the row; nothing where the row needs none. */
  from(...tables: readonly string[]): SQL;
}

/** A row statement with its rows. */
export interface RowStep {
  readonly statement: RowStatement;
  readonly rows: readonly BulkRow[];
}

/**
 * One open database, or a transaction on it. Everything in `store/` is written against this.
 * Never await anything but the given database inside `transaction`.
 */
export interface Database {
  readonly tables: Tables;
  readonly orm: Orm;
  readonly phrases: Phrases;
  /** What stays of the identifiers of people who were erased; see `erased.ts`. */
  readonly mark: Mark;
  /** Runs a query written by hand. The row type is the caller's claim: name every column in the query. */
  rows<T>(query: SQL): Promise<T[]>;
  /** Runs a statement, returns how many rows it changed. */
  run(query: SQL): Promise<number>;
  /**
   * Inserts many rows far cheaper than one by one. Returns how many rows were written, and what RETURNING
   * gives of them. Call it inside a transaction: on SQLite the rows go in chunks.
   */
  insertMany<T>(insert: BulkInsert, rows: readonly BulkRow[]): Promise<{ written: number; rows: T[] }>;
  /** The same for a `tail` without RETURNING; tells of each row whether it was written. */
  insertEach(insert: BulkInsert, rows: readonly BulkRow[]): Promise<boolean[]>;
  /**
   * Runs a statement for each row and returns what RETURNING gives, in no particular order. The statement object is
   * the key under which its text is kept: make it once.
   */
  forEach<T>(statement: RowStatement, rows: readonly BulkRow[]): Promise<T[]>;
  /**
   * Runs row statements one after another in one trip to the database: in this transaction, else in one of their own.
   * Returns what RETURNING gives, one list a step.
   */
  inOne(steps: readonly RowStep[]): Promise<unknown[][]>;
  /** Commits when `work` resolves and rolls back when it throws. */
  transaction<T>(work: (transaction: Database) => Promise<T>): Promise<T>;
}

/** Much at once, each in one transaction, done off the event loop. See `EventStore.addStated`, `ProfileStore.upsertMany`. */
export interface Bulk {
  events(events: PackedEvents): Promise<StatedWritten>;
  /** undefined: nothing was done, since the external ids are not plain. */
  profiles(changes: PackedProfiles): Promise<ChangeCounts | undefined>;
}

/** Values for the placeholders of queries (`sql.placeholder`), by name. */
export type Values = Readonly<Record<string, unknown>>;

/** A database with its life cycle. */
export interface Store extends Database {
  /** Reads in chunks from one snapshot, off the event loop, never blocking writers. */
  scan<T>(query: SQL, chunkSize?: number): AsyncIterable<T[]>;
  /**
   * Runs several queries on one snapshot and in one trip, beside the writers. One list of rows each; JSON columns come
   * as text or as what they hold. The row types are the caller's claim: name every column in the queries.
   * A list that is kept and asked again, with other `values` for its placeholders, is compiled once.
   */
  together<T extends readonly unknown[][]>(queries: readonly SQL[], values?: Values): Promise<T>;
  /** The same database, whose commits do not wait for the disk: `kept` does, for many of them at once. */
  readonly hasty: Database;
  /**
   * Resolves when all that was committed by `hasty` and `bulk` is on the disk. Until then it outlives this process, but
   * not a machine that loses its power.
   */
  kept(): Promise<void>;
  /** Where the database has a quicker way for much at once than its statements. */
  readonly bulk: Bulk | undefined;
  /** Thousands of rows in one transaction, written off the event loop; returns how many rows each load wrote. */
  load(loads: readonly Load[]): Promise<number[]>;
  /** Takes what was deleted out of the database's own files too, as far as that goes while others read. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}
