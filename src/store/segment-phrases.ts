import { type SQL, sql } from 'drizzle-orm';
import type { Phrases } from './database.ts';

/** What segments need of the two databases beyond the common phrases. All texts compare by code point. */
export interface SegmentPhrases {
  /** Whether `text` contains `part`, in the same case; the two others likewise. */
  contains(text: SQL, part: string): SQL;
  startsWith(text: SQL, part: string): SQL;
  endsWith(text: SQL, part: string): SQL;
  /** `text` in an order by code point, for < and >. */
  ordered(text: SQL): SQL;
  /** The property where it is of the type, else NULL; a boolean as 'true' or 'false', a number as a double. */
  text(column: SQL, key: string): SQL;
  number(column: SQL, key: string): SQL;
  boolean(column: SQL, key: string): SQL;
  /** Whether the property is there and is not null; NULL where it is absent. */
  exists(column: SQL, key: string): SQL;
  /** Whether the property is a list with this text in it. */
  listHas(column: SQL, key: string, element: string): SQL;
  /** A text for each scalar, the same for the same and another for another; NULL for what is no scalar. */
  scalar(column: SQL, key: string): SQL;
  /**
   * Selects the `value` at a place, counted from 1 at the end that is meant, of the rows `ranked`; no row when there is
   * none. `counted` is one row with how many are `ranked` (`n`) and the `place`, which is one of them.
   */
  atPlace(end: 'top' | 'bottom'): SQL;
  /** The pairs of `rows` as one list of JSON, in the order of `order`. */
  pairs(one: SQL, other: SQL, rows: SQL, order: SQL): SQL;
  /** The ids as rows of one column, from one parameter, so that the statement's text stays the same. */
  ids(ids: readonly number[]): SQL;
}

/** A JSON path to one key, quoted so that dots and quotes in the key mean themselves. */
const path = (key: string) => `$.${JSON.stringify(key)}`;

const sqlite: SegmentPhrases = {
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  startsWith: (text, part) => sql`substr(${text}, 1, ${[...part].length}) = ${part}`,
  endsWith: (text, part) => sql`substr(${text}, ${-[...part].length}) = ${part}`,
  ordered: (text) => text,
  text: (column, key) =>
    sql`CASE WHEN json_type(${column}, ${path(key)}) = 'text' THEN ${column} ->> ${path(key)} END`,
  // A cast, since SQLite keeps whole numbers beyond 2^53 apart that are one double to JavaScript and PostgreSQL.
  number: (column, key) =>
    sql`CASE WHEN json_type(${column}, ${path(key)}) IN ('integer', 'real') THEN CAST(${column} ->> ${path(key)} AS REAL) END`,
  boolean: (column, key) =>
    sql`CASE WHEN json_type(${column}, ${path(key)}) IN ('true', 'false') THEN json_type(${column}, ${path(key)}) END`,
  exists: (column, key) => sql`json_type(${column}, ${path(key)}) <> 'null'`,
  listHas: (column, key, element) =>
    sql`(json_type(${column}, ${path(key)}) = 'array' AND EXISTS (SELECT 1 FROM json_each(${column}, ${path(key)}) AS item WHERE item.type = 'text' AND item.value = ${element}))`,
  scalar: (column, key) =>
    sql`CASE WHEN json_type(${column}, ${path(key)}) NOT IN ('null', 'array', 'object') THEN ${column} -> ${path(key)} END`,
  // Sorting in memory takes a third of the time that SQLite's own sorter takes. The fraction lies in the middle of those
  // that lead to the place: percentile_disc takes the whole part of fraction * (n - 1) as a place from 0.
  atPlace: (end) => {
    const place = end === 'top' ? sql`n - place` : sql`place - 1`;
    return sql`SELECT percentile_disc(value, (SELECT CASE WHEN n < 2 THEN 0.0 ELSE min(1.0, (${place} + 0.5) / (n - 1)) END
      FROM counted)) AS value FROM ranked HAVING count(*) > 0`;
  },
  pairs: (one, other, rows, order) =>
    sql`(SELECT json_group_array(json_array(${one}, ${other}) ORDER BY ${order}) ${rows})`,
  ids: (ids) => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`,
};

const typeOf = (column: SQL, key: string) => sql`jsonb_typeof(${column} -> ${key}::text)`;

const postgres: SegmentPhrases = {
  contains: (text, part) => sql`strpos(${text}, ${part}::text) > 0`,
  startsWith: (text, part) => sql`starts_with(${text}, ${part}::text)`,
  endsWith: (text, part) => sql`right(${text}, ${[...part].length}::int) = ${part}::text`,
  ordered: (text) => sql`${text} COLLATE "C"`,
  text: (column, key) => sql`CASE WHEN ${typeOf(column, key)} = 'string' THEN ${column} ->> ${key}::text END`,
  number: (column, key) =>
    sql`CASE WHEN ${typeOf(column, key)} = 'number' THEN CAST(${column} ->> ${key}::text AS double precision) END`,
  boolean: (column, key) =>
    sql`CASE WHEN ${typeOf(column, key)} = 'boolean' THEN ${column} ->> ${key}::text END`,
  exists: (column, key) => sql`${typeOf(column, key)} <> 'null'`,
  listHas: (column, key, element) =>
    sql`(${typeOf(column, key)} = 'array' AND (${column} -> ${key}::text) @> jsonb_build_array(${element}::text))`,
  scalar: (column, key) =>
    sql`CASE WHEN ${typeOf(column, key)} NOT IN ('null', 'array', 'object') THEN CAST(${column} -> ${key}::text AS text) COLLATE "C" END`,
  atPlace: (end) => sql`SELECT value FROM ranked WHERE (SELECT n FROM counted) > 0
    ORDER BY value ${end === 'top' ? sql`DESC` : sql`ASC`} LIMIT 1
    OFFSET (SELECT CASE WHEN n = 0 THEN 0 ELSE place - 1 END FROM counted)`,
  pairs: (one, other, rows, order) =>
    sql`(SELECT json_agg(json_build_array(${one}, ${other}) ORDER BY ${order}) ${rows})`,
  ids: (ids) =>
    sql`(SELECT CAST(value AS bigint) FROM jsonb_array_elements_text(${JSON.stringify(ids)}::jsonb))`,
};

/** The phrases of the database that `phrases` belongs to. */
export function segmentPhrases({ name }: Phrases): SegmentPhrases {
  return name === 'sqlite' ? sqlite : postgres;
}
