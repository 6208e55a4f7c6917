import { eq, sql } from 'drizzle-orm';
import { profileSubject } from '../profiles/audit.ts';
import type { Erasure, Holdings, PrivacyStore, StoredRow } from '../profiles/privacy.ts';
import { addNote } from './audit.ts';
import type { Database, Store } from './database.ts';
import { erasedAmong, keepMarks } from './erased.ts';
import { eraseQuotes, mentionsOf } from './mentions.ts';
import { type Person, personalTables } from './personal.ts';
import { lock, profileOf } from './profile-rows.ts';

/** Exporting and erasing people, on either database. */
export function privacyStore(store: Store): PrivacyStore {
  return {
    holdings: (profileId) => holdings(store, profileId),
    halt: (profileId) => store.transaction((tx) => halt(tx, profileId)),
    erase: async (profileId, by) => {
      const mailIds = await mailsOf(store, await addressesOf(store, profileId));
      const erasure = await store.transaction((tx) => erase(tx, profileId, mailIds, by));
      if (erasure !== undefined) await store.scrub();
      return erasure;
    },
    erasedAmong: (addresses) => erasedAmong(store, addresses),
    readmit: async (address) =>
      (await store.run(sql`DELETE FROM suppressions WHERE address = ${store.mark('address', address)}`)) > 0,
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
  const { profiles } = store.tables;
  const [row] = await store.orm.select().from(profiles).where(eq(profiles.id, profileId));
  if (row === undefined) return undefined;
  const mailIds = await mailsOf(store, await addressesOf(store, profileId));
  const person = await personOf(store, profileId, mailIds);
  const rows: Record<string, readonly StoredRow[]> = {};
  for (const table of personalTables) {
    if (table.name !== 'profiles') rows[table.name] = await table.rows(store, person);
  }
  return { profile: profileOf(row), rows };
}

async function halt(tx: Database, profileId: number): Promise<{ skipped: number; inFlight: number }> {
  await lock(tx, [profileId]);
  const now = tx.phrases.now();
  const skipped =
    await tx.run(sql`UPDATE sends SET state = 'skipped', reason = 'erased', finished_at = ${now},
      lease_token = NULL, lease_until = NULL
    WHERE profile_id = ${profileId} AND state IN ('queued', 'deferred')`);
  const [row] = await tx.rows<{ count: number }>(sql`SELECT count(*) AS count FROM sends
    WHERE profile_id = ${profileId} AND state = 'sending' AND lease_until > ${now}`);
  return { skipped, inFlight: row?.count ?? 0 };
}

async function erase(
  tx: Database,
  profileId: number,
  mailIds: readonly number[],
  by: string,
): Promise<Erasure | undefined> {
  await lock(tx, [profileId]);
  const { profiles } = tx.tables;
  const [known] = await tx.orm.select({ id: profiles.id }).from(profiles).where(eq(profiles.id, profileId));
  if (known === undefined) return undefined;
  const person = await personOf(tx, profileId, mailIds);
  const open = await openLetters(tx, person);
  const removed: Record<string, number> = {};
  for (const table of personalTables) removed[table.name] = await table.erase(tx, person);
  await eraseQuotes(tx, person.addresses);
  const [clock] = await tx.rows<{ now: number }>(sql`SELECT ${tx.phrases.now()} AS now`);
  const marks = person.addresses.map((address) => tx.mark('address', address));
  await keepMarks(tx, marks, clock?.now ?? 0);
  await addNote(tx, { actor: by, action: 'erase', subject: profileSubject(profileId), detail: removed });
  const mentions = await mentionsOf(tx, person.addresses);
  return { profileId, removed, ...open, marks: marks.length, mentions };
}

async function openLetters(tx: Database, { ids }: Person): Promise<{ skipped: number; unknown: number }> {
  const [row] = await tx.rows<{ skipped: number; unknown: number }>(sql`
    SELECT count(CASE WHEN state IN ('queued', 'deferred') THEN 1 END) AS skipped,
      count(CASE WHEN state = 'sending' THEN 1 END) AS unknown
    FROM sends WHERE profile_id IN ${tx.phrases.numbers(ids)}`);
  return { skipped: row?.skipped ?? 0, unknown: row?.unknown ?? 0 };
}

async function personOf(db: Database, profileId: number, mailIds: readonly number[]): Promise<Person> {
  const ids = [profileId];
  const rows = await db.rows<{ id: number }>(
    sql`SELECT id FROM sends WHERE profile_id IN ${db.phrases.numbers(ids)} ORDER BY id`,
  );
  return {
    id: profileId,
    ids,
    addresses: await addressesOf(db, profileId),
    sendIds: rows.map((row) => row.id),
    mailIds,
  };
}

/** The address of a profile; none when it is not there. */
async function addressesOf(db: Database, profileId: number): Promise<string[]> {
  const rows = await db.rows<{ email: string | null }>(
    sql`SELECT email FROM profiles WHERE id = ${profileId}`,
  );
  return rows.flatMap((row) => row.email ?? []);
}

/** Mails that answer no letter and name one of the addresses, in whatever case. They are read off the event loop. */
async function mailsOf(store: Store, addresses: readonly string[]): Promise<number[]> {
  if (addresses.length === 0) return [];
  const holds = addresses.map((address) => store.phrases.bytesHold(sql`raw`, address.toLowerCase()));
  const ids: number[] = [];
  const query = sql`SELECT id FROM arrivals WHERE kind = 'mail' AND send_id IS NULL AND raw IS NOT NULL
    AND (${sql.join(holds, sql` OR `)})`;
  for await (const rows of store.scan<{ id: number }>(query)) ids.push(...rows.map((row) => row.id));
  return ids;
}

/**
 * An import or a fold that had looked the profile up before it was erased may still write rows under its id.
 * Nothing reads them, and this removes them.
 */
async function eraseEchoes(store: Store, since: number): Promise<number> {
  const erased = await store.rows<{ subject: string }>(
    sql`SELECT subject FROM audit WHERE action = 'erase' AND at >= ${since}`,
  );
  const ids = erased.map(({ subject }) => Number(subject.split(':')[1]));
  if (ids.length === 0) return 0;
  return store.transaction(async (tx) => {
    let rows = 0;
    for (const id of ids) {
      const person = await personOf(tx, id, []);
      for (const table of personalTables) if (table.name !== 'audit') rows += await table.erase(tx, person);
    }
    return rows;
  });
}
