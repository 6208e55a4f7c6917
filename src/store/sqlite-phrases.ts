import { sql } from 'drizzle-orm';
import type { Phrases } from './database.ts';

/** A JSON path to one key, quoted so that dots and quotes in the key mean themselves. */
const path = (key: string) => `$.${JSON.stringify(key)}`;

/** How SQLite says it. */
export const sqlitePhrases: Phrases = {
  name: 'sqlite',
  now: () => sql`CAST(unixepoch('subsec') * 1000 AS INTEGER)`,
  jsonText: (column, key) =>
    sql`CASE json_type(${column}, ${path(key)}) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' WHEN 'null' THEN NULL ELSE CAST(json_extract(${column}, ${path(key)}) AS TEXT) END`,
  jsonNumber: (column, key) =>
    sql`CASE WHEN json_type(${column}, ${path(key)}) IN ('integer', 'real') THEN json_extract(${column}, ${path(key)}) END`,
  jsonType: (column, key) =>
    sql`CASE json_type(${column}, ${path(key)}) WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number' WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' ELSE json_type(${column}, ${path(key)}) END`,
  json: (text) => text,
  lockProfiles: () => undefined,
  texts: (values) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`,
  numbers: (values) => sql`(SELECT value FROM json_each(${JSON.stringify(values)}))`,
  sendsInOrder: (condition) => condition,
  skipLocked: () => sql``,
};
