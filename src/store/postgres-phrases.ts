import { sql } from 'drizzle-orm';
import type { Phrases } from './database.ts';

const typeOf = (column: Parameters<Phrases['jsonType']>[0], key: string) =>
  sql`jsonb_typeof(${column} -> ${key}::text)`;

/** How PostgreSQL says it. */
export const postgresPhrases: Phrases = {
  name: 'postgres',
  now: () => sql`CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)`,
  jsonText: (column, key) => sql`(${column} ->> ${key}::text)`,
  jsonNumber: (column, key) =>
    sql`CASE WHEN ${typeOf(column, key)} = 'number' THEN CAST(${column} ->> ${key}::text AS double precision) END`,
  jsonType: (column, key) =>
    sql`CASE ${typeOf(column, key)} WHEN 'string' THEN 'text' ELSE ${typeOf(column, key)} END`,
  json: (text) => sql`CAST(${text} AS jsonb)`,
  lockProfiles: (ids) =>
    ids.length === 0
      ? undefined
      : sql`SELECT id FROM profiles WHERE id = ANY(CAST(${`{${ids.join(',')}}`} AS bigint[])) ORDER BY id FOR UPDATE`,
  texts: (values) => sql`(SELECT json_array_elements_text(CAST(${JSON.stringify(values)} AS json)))`,
  numbers: (values) =>
    sql`(SELECT CAST(json_array_elements_text(CAST(${JSON.stringify(values)} AS json)) AS bigint))`,
  sendsInOrder: (condition) => sql`id IN (SELECT id FROM sends WHERE ${condition} ORDER BY id FOR UPDATE)`,
  skipLocked: () => sql`FOR UPDATE SKIP LOCKED`,
};
