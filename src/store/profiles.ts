import { eq, inArray, sql } from 'drizzle-orm';
import { emptyState, mergePreferences } from '../profiles/merge.ts';
import type { ChangeCounts, ProfileChange, ProfileStore } from '../profiles/port.ts';
import { loadNamed, loadProfiles } from './bulk-profiles.ts';
import { readStandings, saveStandings } from './consent-book.ts';
import type { BulkInsert, Database, Store } from './database.ts';
import { erasedAmong } from './erased.ts';
import { keptBy } from './kept.ts';
import { applyChanges, type Draft, draftsOf } from './profile-drafts.ts';
import {
  bulkRow,
  idsOf,
  lockAndRead,
  preferenceColumns,
  presentAddresses,
  profileColumns,
  profileOf,
} from './profile-rows.ts';
import { Raced, untilAlone } from './races.ts';
import type { Standing } from './standing.ts';

/** From so many changes on the thread for bulk work is worth the way there. */
const LOAD_FROM = 1000;

const addNew: BulkInsert = {
  into: 'profiles',
  columns: profileColumns,
  tail: 'ON CONFLICT (email) DO NOTHING RETURNING id, email',
};

const overwrite: BulkInsert = {
  into: 'profiles',
  columns: profileColumns,
  tail: `ON CONFLICT (email) DO UPDATE SET attributes = excluded.attributes, time_zone = excluded.time_zone,
    frequency_max = excluded.frequency_max, frequency_per = excluded.frequency_per,
    quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
    paused_until = excluded.paused_until, important_only = excluded.important_only,
    updated_at = excluded.updated_at`,
};

/** Profiles in the database. */
export function profileStore(db: Database | Store): ProfileStore {
  const { profiles } = db.tables;
  return {
    upsertMany: (changes, now) =>
      'bulk' in db && db.bulk !== undefined && changes.length >= LOAD_FROM
        ? loadProfiles(db.bulk, changes, now)
        : untilAlone(() => db.transaction((tx) => upsert(tx, changes, now))),
    upsertNamed: async (changes, now) =>
      'bulk' in db && db.bulk !== undefined && changes.length >= LOAD_FROM
        ? loadNamed(db.bulk, changes, now)
        : undefined,
    kept: () => keptBy(db),
    byEmail: async (email) => {
      const id = (await idsOf(db, [email])).get(email) ?? 0;
      const [row] = await db.orm.select().from(profiles).where(eq(profiles.id, id));
      return row && profileOf(row);
    },
    byIds: async (ids) => {
      const rows = await db.orm
        .select()
        .from(profiles)
        .where(inArray(profiles.id, db.phrases.numbers(ids)));
      return new Map(rows.map((row) => [row.id, profileOf(row)]));
    },
    idsOf: (emails) => idsOf(db, emails),
    ensure: (emails, now) => ensureProfiles(db, emails, now),
    setPreferences: (id, change, now) =>
      db.transaction(async (tx) => {
        const [row] = await lockAndRead(tx, [id]);
        if (row === undefined) return false;
        const before = profileOf(row);
        const after = mergePreferences(before, change);
        if (after === before) return false;
        const set = { ...preferenceColumns(after), updatedAt: now };
        await tx.orm.update(profiles).set(set).where(eq(profiles.id, id));
        return true;
      }),
    count: async () => {
      const [row] = await db.rows<{ count: number }>(sql`SELECT count(*) AS count FROM profiles`);
      return row?.count ?? 0;
    },
  };
}

/** See `ProfileStore.ensure`. */
export function ensureProfiles(db: Database, emails: readonly string[], now: number): Promise<number> {
  return untilAlone(() => db.transaction((tx) => ensure(tx, emails, now)));
}

async function ensure(tx: Database, emails: readonly string[], now: number): Promise<number> {
  const known = await idsOf(tx, emails);
  const unknown = [...new Set(emails)].filter((email) => !known.has(email)).sort();
  const erased = await erasedAmong(tx, unknown);
  const fresh = unknown.filter((email) => !erased.has(email));
  const rows = fresh.map((email) => bulkRow(email, emptyState, now));
  return (await tx.insertMany(addNew, rows)).written;
}

async function upsert(tx: Database, given: readonly ProfileChange[], now: number): Promise<ChangeCounts> {
  const emails = [...new Set(given.map((change) => change.email))];
  const moved = await presentAddresses(tx, emails);
  const changes =
    moved.size === 0
      ? given
      : given.map((change) => ({ ...change, email: moved.get(change.email) ?? change.email }));
  const drafts = draftsOf(changes);
  await readDrafts(tx, drafts);
  const erased = await dropErased(tx, drafts);
  const counts = { added: 0, updated: 0, unchanged: 0 };
  for (const draft of drafts.values()) applyChanges(draft, counts, now);
  await addDrafts(tx, drafts, now);
  await overwriteDrafts(tx, drafts, now);
  const standings = new Map<number, Standing>();
  for (const { id, standing } of drafts.values()) if (id !== undefined) standings.set(id, standing);
  await saveStandings(tx, standings);
  return erased.size === 0 ? counts : { ...counts, erased };
}

/** Nobody who was erased comes back. */
async function dropErased(tx: Database, drafts: Map<string, Draft>): Promise<ReadonlySet<string>> {
  const erased = await erasedAmong(tx, [...drafts.keys()]);
  for (const email of erased) drafts.delete(email);
  return erased;
}

async function readDrafts(tx: Database, drafts: ReadonlyMap<string, Draft>): Promise<void> {
  const ids = [...new Set((await idsOf(tx, [...drafts.keys()])).values())];
  const rows = await lockAndRead(tx, ids);
  // One of them was merged or changed its address while we waited for the lock.
  if (rows.some((row) => !drafts.has(row.email ?? '')) || rows.length < ids.length) throw new Raced();
  for (const row of rows) {
    const draft = drafts.get(row.email ?? '');
    if (draft === undefined) continue;
    draft.id = row.id;
    draft.before = profileOf(row);
    draft.state = draft.before;
  }
  const asked = [...drafts.values()].filter((draft) =>
    draft.changes.some((change) => change.consents.length > 0),
  );
  const standings = await readStandings(
    tx,
    asked.flatMap((draft) => draft.id ?? []),
  );
  for (const draft of asked) {
    if (draft.id !== undefined) draft.standing = standings.get(draft.id) ?? draft.standing;
  }
}

async function addDrafts(tx: Database, drafts: ReadonlyMap<string, Draft>, now: number): Promise<void> {
  const fresh = [...drafts.values()].filter((draft) => draft.before === undefined);
  const rows = fresh.map((draft) => bulkRow(draft.email, draft.state, now));
  const { rows: added } = await tx.insertMany<{ id: number; email: string }>(addNew, rows);
  if (added.length < fresh.length) throw new Raced();
  for (const { id, email } of added) {
    const draft = drafts.get(email);
    if (draft) draft.id = Number(id);
  }
}

async function overwriteDrafts(tx: Database, drafts: ReadonlyMap<string, Draft>, now: number): Promise<void> {
  const changed = [...drafts.values()].filter(
    (draft) => draft.before !== undefined && draft.state !== draft.before,
  );
  await tx.insertMany(
    overwrite,
    changed.map((draft) => bulkRow(draft.email, draft.state, now)),
  );
}
