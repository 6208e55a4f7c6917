import { asc, eq, sql } from 'drizzle-orm';
import type { ConsentStore } from '../profiles/port.ts';
import { readStandings, saveStandings } from './consent-book.ts';
import type { Store } from './database.ts';
import { lock } from './profile-rows.ts';
import { consentOf } from './standing.ts';

/** Consent and its history in the database. */
export function consentStore(db: Store): ConsentStore {
  const { consents, consentChanges } = db.tables;
  const changeMany: ConsentStore['changeMany'] = (changes, now) =>
    db.transaction(async (tx) => {
      const ids = [...new Set(changes.map((change) => change.profileId))];
      await lock(tx, ids);
      const standings = await readStandings(tx, ids);
      for (const { profileId, ...change } of changes) {
        standings.get(profileId)?.take(change, now);
      }
      return saveStandings(tx, standings);
    });
  return {
    changeMany,
    change: async (profileId, topic, state, at, source, now = Date.now()) =>
      (await changeMany([{ profileId, topic, state, at, source }], now)) > 0,
    of: async (profileId) => {
      const rows = await db.orm
        .select()
        .from(consents)
        .where(eq(consents.profileId, profileId))
        .orderBy(asc(consents.topic));
      return rows.map(consentOf);
    },
    history: async (profileId) => {
      const rows = await db.orm
        .select()
        .from(consentChanges)
        .where(eq(consentChanges.profileId, profileId))
        .orderBy(asc(consentChanges.at), asc(consentChanges.id));
      return rows.map(consentOf);
    },
    topics: async () => {
      const found: string[] = [];
      const query = sql`SELECT topic FROM consents UNION SELECT topic FROM runs`;
      for await (const rows of db.scan<{ topic: string }>(query))
        found.push(...rows.map(({ topic }) => topic));
      return found;
    },
  };
}
