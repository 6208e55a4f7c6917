import { type SQL, sql } from 'drizzle-orm';
import type { WordStore } from '../segments/warnings.ts';
import type { Store } from './database.ts';
import { eventTypes } from './event-types.ts';
import { segmentPhrases } from './segment-phrases.ts';

/** So many profiles, the oldest and as many of the newest, tell which attributes there are. */
const SOME_PROFILES = 5000;
/** So many events of a type, the newest, tell which properties it has. */
const SOME_EVENTS = 2000;

/** What words of rules the database knows, on either database. Reads off the event loop. */
export function wordStore(store: Store): WordStore {
  const own = segmentPhrases(store.phrases);
  /** The names of what is not null in an object, as `j.key`. */
  const keys = (column: SQL) =>
    store.phrases.name === 'sqlite'
      ? sql`json_each(${column}) j WHERE j.type <> 'null'`
      : sql`jsonb_each(${column}) AS j(key, value) WHERE jsonb_typeof(j.value) <> 'null'`;
  const all = async <T>(query: SQL): Promise<T[]> => {
    const found: T[] = [];
    for await (const rows of store.scan<T>(query)) found.push(...rows);
    return found;
  };
  return {
    isEmpty: async () => (await all(sql`SELECT 1 AS one FROM profiles LIMIT 1`)).length === 0,
    attributesMissing: async (names) => {
      const missing: string[] = [];
      for (const name of names) {
        const has = own.exists(sql`attributes`, name);
        const found = await all(sql`SELECT 1 AS one FROM profiles WHERE ${has} LIMIT 1`);
        if (found.length === 0) missing.push(name);
      }
      return missing;
    },
    attributeNames: async () => {
      const some = (order: SQL) =>
        sql`SELECT attributes FROM (SELECT attributes FROM profiles ORDER BY ${order} LIMIT ${SOME_PROFILES}) one`;
      const rows = await all<{ name: string }>(sql`SELECT DISTINCT j.key AS name
        FROM (${some(sql`id`)} UNION ALL ${some(sql`id DESC`)}) p, ${keys(sql`p.attributes`)}`);
      return rows.map(({ name }) => name);
    },
    eventTypes: () => eventTypes(store),
    propertiesOf: async (type) => {
      const newest = sql`(SELECT properties FROM events WHERE type = ${type} ORDER BY at DESC LIMIT ${SOME_EVENTS}) e`;
      const [counted] = await all<{ looked: number }>(sql`SELECT count(*) AS looked FROM ${newest}`);
      const looked = Number(counted?.looked ?? 0);
      const rows = await all<{ name: string }>(
        sql`SELECT DISTINCT j.key AS name FROM ${newest}, ${keys(sql`e.properties`)}`,
      );
      return { looked, isAll: looked < SOME_EVENTS, names: rows.map(({ name }) => name) };
    },
  };
}
