import { type SQL, sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import {
  type AttributeFacts,
  type AttributeStore,
  type AttributeType,
  attributeTypes,
  type CommonValue,
} from '../profiles/attributes.ts';
import type { Phrases, Store } from './database.ts';
import { isDate } from './segment-dates.ts';

/** Longer values are compared, and shown, by their beginning. */
const VALUE_MAX = 200;

/** The attributes of all profiles, on either database. */
export function attributeStore(store: Store): AttributeStore {
  return {
    survey: async (common, name) => {
      let profiles = 0;
      for await (const rows of store.scan<{ count: number }>(sql`SELECT count(*) AS count FROM profiles`)) {
        profiles = Number(rows[0]?.count ?? 0);
      }
      const found = new Map<string, Collected>();
      for await (const rows of store.scan<Row>(surveyQuery(store.phrases, common, name))) {
        for (const row of rows) collect(found, row);
      }
      return { profiles, attributes: [...found].map(([name, facts]) => factsOf(name, facts)) };
    },
  };
}

interface Row {
  readonly name: string;
  readonly type: string;
  /** NULL in the one row a type that counts it. */
  readonly value: string | null;
  readonly count: number;
  readonly distinct_values: number;
}

/**
 * First every value of every attribute is counted, then the types and the most frequent values are taken out of
 * the counts: the profiles are read once, whatever there is to say about them.
 */
function surveyQuery(phrases: Phrases, common: number, name: string | undefined): SQL {
  const only = name === undefined ? sql`` : sql`WHERE a.name = ${name}`;
  return sql`
    WITH counted AS (
      SELECT a.name AS name, a.type AS type, a.value AS value, count(*) AS count
      FROM (${eachAttribute(phrases)}) a ${only} GROUP BY a.name, a.type, a.value),
    placed AS (
      SELECT name, type, value, count, row_number() OVER (PARTITION BY name ORDER BY count DESC, type, value) AS place
      FROM counted)
    SELECT name AS name, type AS type, NULL AS value, CAST(sum(count) AS bigint) AS count,
      count(*) AS distinct_values, 0 AS place
    FROM counted GROUP BY name, type
    UNION ALL
    SELECT name, type, value, count, 0, place FROM placed WHERE place <= ${common}
    ORDER BY name, place, count DESC`;
}

/** One row for each attribute of each profile: name, type, value as a text. */
function eachAttribute(phrases: Phrases): SQL {
  const text = sql`CAST(j.value AS text)`;
  if (phrases.name === 'sqlite') {
    const date = isDate(sql`j.value`, phrases);
    return sql`SELECT j.key AS name, CASE j.type WHEN 'integer' THEN 'number' WHEN 'real' THEN 'number'
        WHEN 'true' THEN 'boolean' WHEN 'false' THEN 'boolean' WHEN 'array' THEN 'list'
        WHEN 'text' THEN CASE WHEN ${date} THEN 'date' ELSE 'text' END ELSE j.type END AS type,
      CASE j.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE substr(${text}, 1, ${VALUE_MAX}) END AS value
      FROM profiles p, json_each(p.attributes) j WHERE j.type <> 'null'`;
  }
  const bare = sql`(j.value #>> '{}')`;
  const date = isDate(bare, phrases);
  return sql`SELECT j.key COLLATE "C" AS name, CASE jsonb_typeof(j.value) WHEN 'array' THEN 'list'
      WHEN 'string' THEN CASE WHEN ${date} THEN 'date' ELSE 'text' END ELSE jsonb_typeof(j.value) END AS type,
    left(CASE jsonb_typeof(j.value) WHEN 'number' THEN CAST(CAST(${bare} AS double precision) AS text)
      ELSE ${bare} END, CAST(${VALUE_MAX} AS int)) COLLATE "C" AS value
    FROM profiles p, jsonb_each(p.attributes) j WHERE jsonb_typeof(j.value) <> 'null'`;
}

interface Collected {
  readonly types: { type: AttributeType; count: number }[];
  readonly common: CommonValue[];
  distinct: number;
}

function collect(found: Map<string, Collected>, row: Row): void {
  const facts = found.get(row.name) ?? { types: [], common: [], distinct: 0 };
  found.set(row.name, facts);
  const type = typeOf(row.type);
  const count = Number(row.count);
  if (row.value !== null) {
    // The databases write numbers each in its own way.
    const value = type === 'number' ? String(Number(row.value)) : row.value;
    facts.common.push({ type, value, count });
    return;
  }
  facts.types.push({ type, count });
  facts.distinct += Number(row.distinct_values);
}

function factsOf(name: string, { types, common, distinct }: Collected): AttributeFacts {
  return { name, filled: types.reduce((sum, one) => sum + one.count, 0), types, distinct, common };
}

function typeOf(text: string): AttributeType {
  const type = attributeTypes.find((known) => known === text);
  if (type !== undefined) return type;
  throw new DearError('store.corrupt', `An attribute has the type '${text}', which Dear does not know.`);
}
