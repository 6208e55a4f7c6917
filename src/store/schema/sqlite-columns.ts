import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from 'drizzle-orm/sqlite-core';

/** The column vocabulary of SQLite. Times are milliseconds since 1970 UTC on both databases. */
export const sqliteColumns = {
  table: sqliteTable,
  id: () => integer().primaryKey({ autoIncrement: true }),
  int: () => integer(),
  time: () => integer(),
  real: () => real(),
  text: () => text(),
  json: <T>() => text({ mode: 'json' }).$type<T>(),
  bytes: () => blob({ mode: 'buffer' }),
  primaryKey,
  index,
  uniqueIndex,
};

export type Columns = typeof sqliteColumns;
