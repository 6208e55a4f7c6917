import {
  bigint,
  customType,
  doublePrecision,
  index,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core';
import type { Columns } from './sqlite-columns.ts';

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const whole = () => bigint({ mode: 'number' });

const columns = {
  table: pgTable,
  id: () => whole().primaryKey().generatedAlwaysAsIdentity(),
  int: whole,
  time: whole,
  real: () => doublePrecision(),
  text: () => text(),
  json: <T>() => jsonb().$type<T>(),
  bytes: () => bytea(),
  primaryKey,
  index,
  uniqueIndex,
};

/**
 * The column vocabulary of PostgreSQL, word for word the one of SQLite.
 * The one cast of the schema: drizzle types the two dialects apart although their builders are used alike.
 */
export const postgresColumns = columns as unknown as Columns;
