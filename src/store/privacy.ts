import { eq, sql } from 'drizzle-orm';
import { profileSubject } from '../profiles/audit.ts';
import type { Erasure, Holdings, PrivacyStore, StoredRow } from '../profiles/privacy.ts';
import { addNote } from './audit.ts';
import type { Database, Store } from './database.ts';
import { dropMarks, erasedAmong, keepMarks } from './erased.ts';
import { removeLateArrivals } from './erased-letters.ts';
import { eraseQuotes, mentionsOf } from './mentions.ts';
import { mailsNaming } from './named-mails.ts';
import { type PersonalTable, personalTables } from './personal.ts';
import { type Person, personOf, traceOf } from './persons.ts';
import { lock, profileOf } from './profile-rows.ts';

/** Exporting and erasing people, on either database. */
export function privacyStore(store: Store): PrivacyStore {
  return {
    holdings: (profileId) => holdings(store, profileId),
    halt: (profileId) => store.transaction((tx) => halt(tx, profileId)),
    erase: async (profileId, by) => {
      const person = await personOf(store, profileId);
      if (person === undefined) return undefined;
      const mailIds = await mailsNaming(store, person.addresses);
      const erasure = await store.transaction((tx) => erase(tx, person.id, mailIds, by));
      if (erasure !== undefined) await store.scrub();
      return erasure;
    },
    erasedAmong: (addresses) => erasedAmong(store, addresses),
    readmit: (address) => dropMarks(store, store.mark('address', address)),
    isErasedLetter: async (sendId) => {
      const { sends } = store.tables;
      const [row] = await store.orm
        .select({ profileId: sends.profileId })
        .from(sends)
        .where(eq(sends.id, sendId));
      return row !== undefined && row.profileId < 0;
    },
    eraseEchoes: (since) => eraseEchoes(store, since),
  };
}

async function holdings(store: Store, profileId: number): Promise<Holdings | undefined> {
  const person = await personOf(store, profileId);
  if (person === undefined) return undefined;
  const { profiles } = store.tables;
  const [row] = await store.orm.select().from(profiles).where(eq(profiles.id, person.id));
  if (row === undefined) return undefined;
  const mailIds = await mailsNaming(store, person.addresses);
  const rows: Record<string, readonly StoredRow[]> = {};
  for (const table of personalTables) {
    if (table.name !== 'profiles') rows[table.name] = await table.rows(store, { ...person, mailIds });
  }
  return { profile: profileOf(row), rows };
}

async function halt(tx: Database, profileId: number): Promise<{ skipped: number; inFlight: number }> {
  await lock(tx, [profileId]);
  const person = await personOf(tx, profileId);
  if (person === undefined) return { skipped: 0, inFlight: 0 };
  const ids = tx.phrases.numbers(person.ids);
  const now = tx.phrases.now();
  const skipped =
    await tx.run(sql`UPDATE sends SET state = 'skipped', reason = 'erased', finished_at = ${now},
      lease_token = NULL, lease_until = NULL
    WHERE ${tx.phrases.sendsInOrder(sql`profile_id IN ${ids} AND state IN ('queued', 'deferred')`)}`);
  const [row] = await tx.rows<{ count: number }>(sql`SELECT count(*) AS count FROM sends
    WHERE profile_id IN ${ids} AND state = 'sending' AND lease_until > ${now}`);
  return { skipped, inFlight: row?.count ?? 0 };
}

async function erase(
  tx: Database,
  profileId: number,
  mailIds: readonly number[],
  by: string,
): Promise<Erasure | undefined> {
  await lock(tx, [profileId]);
  const person = await personOf(tx, profileId);
  if (person === undefined) return undefined;
  const open = await openLetters(tx, person);
  const removed: Record<string, number> = {};
  for (const table of personalTables) removed[table.name] = await table.erase(tx, { ...person, mailIds });
  await eraseQuotes(tx, person.addresses);
  const marks = [
    ...person.addresses.map((address) => tx.mark('address', address)),
    ...person.externalIds.map((key) => tx.mark('external id', key)),
  ];
  const [clock] = await tx.rows<{ now: number }>(sql`SELECT ${tx.phrases.now()} AS now`);
  await keepMarks(tx, marks, clock?.now ?? 0);
  for (const id of person.ids) {
    const detail = id === person.id ? nonZero(removed) : undefined;
    await addNote(tx, { actor: by, action: 'erase', subject: profileSubject(id), detail });
  }
  const mentions = await mentionsOf(tx, person.addresses);
  return { profileId: person.id, removed: nonZero(removed), ...open, marks: marks.length, mentions };
}

const nonZero = (counts: Record<string, number>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

async function openLetters(tx: Database, { ids }: Person): Promise<{ skipped: number; unknown: number }> {
  const [row] = await tx.rows<{ skipped: number; unknown: number }>(sql`
    SELECT count(CASE WHEN state IN ('queued', 'deferred') THEN 1 END) AS skipped,
      count(CASE WHEN state = 'sending' THEN 1 END) AS unknown
    FROM sends WHERE profile_id IN ${tx.phrases.numbers(ids)}`);
  return { skipped: row?.skipped ?? 0, unknown: row?.unknown ?? 0 };
}

/**
 * An import or a fold that had looked the profile up before it was erased may still write rows under its id.
 * Nothing reads them, and this removes them.
 */
async function eraseEchoes(store: Store, since: number): Promise<number> {
  const erased = await store.rows<{ subject: string }>(
    sql`SELECT subject FROM audit WHERE action = 'erase' AND at >= ${since}`,
  );
  const written: readonly PersonalTable[] = personalTables.filter(({ name }) => name !== 'audit');
  let rows = 0;
  for (const { subject } of erased) {
    rows += await store.transaction(async (tx) => {
      const trace = { ...(await traceOf(tx, Number(subject.split(':')[1]))), mailIds: [] };
      let gone = 0;
      for (const table of written) gone += await table.erase(tx, trace);
      return gone;
    });
  }
  if (erased.length > 0) rows += await removeLateArrivals(store);
  // Again, as a reader may have kept the erasure itself from emptying the log.
  if (erased.length > 0) await store.scrub();
  return rows;
}
