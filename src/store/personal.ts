import { type AnyColumn, asc, eq, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { profileSubject } from '../profiles/audit.ts';
import type { StoredRow } from '../profiles/privacy.ts';
import type { Database, Tables } from './database.ts';
import type { Person } from './persons.ts';
import { storedRow } from './stored-row.ts';

/** A person, with the mails of theirs that answer no letter. */
export type Subject = Person & { readonly mailIds: readonly number[] };

type TableName = keyof Tables;

/** How one table holds data about a person. */
export interface PersonalTable {
  readonly name: TableName;
  rows(db: Database, person: Subject): Promise<StoredRow[]>;
  /** Removes or empties what is the person's; returns how many rows. */
  erase(tx: Database, person: Subject): Promise<number>;
}

/** Tables whose rows hang on a profile by their column `profileId`. */
type OwnedName = {
  [N in TableName]: Tables[N] extends { profileId: AnyColumn } ? N : never;
}[TableName];

/** A table whose rows are the profile's alone: all of them are told, and all of them go. */
function ownRows(name: OwnedName): PersonalTable {
  return {
    name,
    rows: (db, { ids }) => {
      const table = db.tables[name];
      return told(db, table, inArray(table.profileId, db.phrases.numbers(ids)));
    },
    erase: (tx, { ids }) => {
      const table = tx.tables[name];
      return tx.run(sql`DELETE FROM ${table} WHERE profile_id IN ${tx.phrases.numbers(ids)}`);
    },
  };
}

async function told(db: Database, table: SQLiteTable, where: SQL | undefined): Promise<StoredRow[]> {
  const rows: Record<string, unknown>[] = await db.orm.select().from(table).where(where).orderBy(sql`1, 2`);
  return rows.map(storedRow);
}

/**
 * A letter's row stays, because a run's counts must stay right, but nothing in it leads to the person: it belongs to
 * nobody (a negative profile id that no other row has), and address, context, links and the server's words are gone.
 */
const sends: PersonalTable = {
  name: 'sends',
  rows: async (db, { ids }) => {
    const { sends, runs } = db.tables;
    const rows = await db.orm
      .select({ send: sends, campaign: runs.campaign, topic: runs.topic })
      .from(sends)
      .innerJoin(runs, eq(runs.id, sends.runId))
      .where(inArray(sends.profileId, db.phrases.numbers(ids)))
      .orderBy(asc(sends.id));
    return rows.map(({ send, ...run }) => storedRow({ ...run, ...send, decision: letterOf(send.decision) }));
  },
  erase: (tx, { ids }) =>
    tx.run(sql`UPDATE sends SET profile_id = -id, decision = NULL, response = NULL,
        detail = 'the customer was erased', lease_token = NULL, lease_until = NULL,
        reason = CASE WHEN state IN ('queued', 'deferred') THEN 'erased' ELSE reason END,
        finished_at = coalesce(finished_at, ${tx.phrases.now()}),
        state = CASE WHEN state IN ('queued', 'deferred') THEN 'skipped'
          WHEN state = 'sending' THEN 'unknown' ELSE state END
      WHERE ${tx.phrases.sendsInOrder(sql`profile_id IN ${tx.phrases.numbers(ids)}`)}`),
};

function letterOf(decision: string | null): unknown {
  if (decision === null) return undefined;
  try {
    return JSON.parse(decision);
  } catch {
    return decision;
  }
}

const arrivals: PersonalTable = {
  name: 'arrivals',
  rows: (db, person) => {
    const { arrivals } = db.tables;
    const { numbers } = db.phrases;
    const where = or(
      inArray(arrivals.sendId, numbers(person.sendIds)),
      inArray(arrivals.id, numbers(person.mailIds)),
    );
    return told(db, arrivals, where);
  },
  erase: (tx, person) =>
    tx.run(sql`DELETE FROM arrivals WHERE send_id IN ${tx.phrases.numbers(person.sendIds)}
      OR id IN ${tx.phrases.numbers(person.mailIds)}`),
};

/** The plain addresses; what takes their place is the caller's. */
const suppressions: PersonalTable = {
  name: 'suppressions',
  rows: (db, { addresses }) => {
    const { suppressions } = db.tables;
    return told(db, suppressions, inArray(suppressions.address, db.phrases.texts(addresses)));
  },
  erase: (tx, { addresses }) =>
    tx.run(sql`DELETE FROM suppressions WHERE address IN ${tx.phrases.texts(addresses)}`),
};

/** Who did what stays; whatever was said about it goes, ids of letters too. */
const audit: PersonalTable = {
  name: 'audit',
  rows: (db, { ids }) => {
    const { audit } = db.tables;
    return told(db, audit, inArray(audit.subject, db.phrases.texts(ids.map(profileSubject))));
  },
  erase: (tx, { ids }) =>
    tx.run(sql`UPDATE audit SET detail = NULL WHERE detail IS NOT NULL
      AND subject IN ${tx.phrases.texts(ids.map(profileSubject))}`),
};

const mergedProfiles: PersonalTable = {
  name: 'mergedProfiles',
  rows: (db, { id }) => told(db, db.tables.mergedProfiles, eq(db.tables.mergedProfiles.survivorId, id)),
  erase: (tx, { id }) => tx.run(sql`DELETE FROM merged_profiles WHERE survivor_id = ${id}`),
};

const profiles: PersonalTable = {
  name: 'profiles',
  // The profile itself is told apart from the tables that hang on it.
  rows: async () => [],
  erase: (tx, { ids }) => tx.run(sql`DELETE FROM profiles WHERE id IN ${tx.phrases.numbers(ids)}`),
};

/**
 * Every table that holds something about a person, in the order in which it goes. A new table gets its line here or
 * below; a test asks for it.
 */
export const personalTables: readonly PersonalTable[] = [
  ownRows('consents'),
  ownRows('consentChanges'),
  ownRows('confirmations'),
  ownRows('events'),
  ownRows('externalIds'),
  ownRows('traits'),
  ownRows('traitMarks'),
  ownRows('segmentMembers'),
  arrivals,
  sends,
  suppressions,
  audit,
  mergedProfiles,
  profiles,
];

/** Tables that hold nothing about a single customer. What people typed into them is looked at by `mentions.ts`. */
export const impersonalTables: readonly TableName[] = [
  'segments',
  'runs',
  'letterSources',
  'rates',
  'notices',
  'chores',
  'traitState',
  'apiKeys',
];
