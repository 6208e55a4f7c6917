import { type SQL, sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import {
  type IdentityPlan,
  identify,
  type KnownIdentities,
  type KnownProfile,
  keyOf,
} from '../profiles/identify.ts';
import {
  ANONYMOUS,
  type ExternalId,
  FORMER_EMAIL,
  type Identifiers,
  type IdentityStore,
  type ResolveOptions,
} from '../profiles/identity.ts';
import { namedBy } from '../profiles/named-by.ts';
import type { Database } from './database.ts';
import { anyoneErased, withoutErased } from './erased.ts';
import { writeIdentities } from './identity-writing.ts';
import { mergeProfiles, settleMerges } from './merges.ts';
import { lock } from './profile-rows.ts';
import { Raced, untilAlone } from './races.ts';

const BATCH = 500;

/** Who is who, on either database. */
export function identityStore(db: Database): IdentityStore {
  return {
    resolve: async (batch, now, options) => {
      const ids: (number | undefined)[] = [];
      for (let start = 0; start < batch.length; start += BATCH) {
        ids.push(...(await resolve(db, batch.slice(start, start + BATCH), now, options)));
      }
      // A later part of the batch may have merged whom an earlier one found.
      return batch.length > BATCH ? current(db, ids) : ids;
    },
    find: async (batch) => {
      const ids: (number | undefined)[] = [];
      for (let start = 0; start < batch.length; start += BATCH) {
        const part = batch.slice(start, start + BATCH);
        const known = await readKnown(db, part);
        ids.push(...part.map((identifiers) => firstOf(identifiers, known)));
      }
      return ids;
    },
    areErased: async (batch) => {
      const allowed = await asAllowed(db, batch, await readKnown(db, batch));
      return batch.map((one, index) => one !== allowed[index]);
    },
    externalIdsOf: (profileId) =>
      db.rows(sql`SELECT source AS source, value AS value, created_at AS "createdAt" FROM external_ids
        WHERE profile_id = ${profileId} ORDER BY source, created_at, value`),
    merge: (survivor, merged, note, now) =>
      untilAlone(() =>
        db.transaction(async (tx) => {
          const [, [stays = survivor, goes = merged]] = await Promise.all([
            lock(tx, [survivor, merged]),
            current(tx, [survivor, merged]),
          ]);
          if (stays === goes) {
            throw new DearError('profile.same', `Profiles ${survivor} and ${merged} are one already.`, {
              kind: 'usage',
            });
          }
          const [done] = await mergeProfiles(tx, [{ survivor: stays, merged: goes }], note, now);
          if (done === undefined) throw new Raced();
          return done;
        }),
      ),
    settleMerges: (before, now) => settleMerges(db, before, now),
  };
}

async function resolve(
  db: Database,
  batch: readonly Identifiers[],
  now: number,
  options: ResolveOptions,
): Promise<(number | undefined)[]> {
  // Most batches name only whom we know: they need no transaction and no locks.
  const plan = await planFor(db, batch, options);
  if (plan.changed.length === 0 && plan.conflicts.length === 0) return plan.persons.map((one) => one?.id);
  return untilAlone(() =>
    db.transaction(async (tx) => {
      const fresh = await planFor(tx, batch, options);
      await holdStill(tx, fresh);
      const ids = await writeIdentities(tx, fresh, options.by ?? 'identification', now);
      return fresh.persons.map((one) => one && (one.id ?? ids.get(one)));
    }),
  );
}

async function planFor(
  db: Database,
  batch: readonly Identifiers[],
  options: ResolveOptions,
): Promise<IdentityPlan> {
  const known = await readKnown(db, batch);
  return identify(await asAllowed(db, batch, known), known, options);
}

async function asAllowed(
  db: Database,
  batch: readonly Identifiers[],
  known: Known,
): Promise<readonly Identifiers[]> {
  return known.anyoneErased ? withoutErased(db, batch, known) : batch;
}

/** Locks the profiles that are about to be written to; they must be what they were when they were read. */
async function holdStill(tx: Database, plan: IdentityPlan): Promise<void> {
  const touched = plan.changed.flatMap((one) => [...(one.id === undefined ? [] : [one.id]), ...one.absorbed]);
  if (touched.length === 0) return;
  await lock(tx, touched);
  const found = await readProfiles(tx, touched);
  const isSame = plan.changed.every(
    ({ id, storedEmail, absorbed }) =>
      (id === undefined || (found.has(id) && found.get(id)?.email === storedEmail)) &&
      absorbed.every((one) => found.has(one)),
  );
  if (!isSame) throw new Raced();
}

interface Known extends KnownIdentities {
  /** Whether there is anybody to look out for at all. */
  readonly anyoneErased: boolean;
}

/** What a name leads to, and the profile that is there; that of a late writer's row may be gone. */
interface KnownRow {
  readonly kind: 'email' | 'external' | 'claimed' | 'id' | 'erased';
  readonly source: string;
  readonly value: string;
  readonly id: number;
  readonly found: number | null;
  readonly email: string | null;
  readonly somebody: number | null;
  readonly guarded: number | null;
}

/** All that is known of a batch, in one query: each way to the database and back is a wait. */
async function readKnown(db: Database, batch: readonly Identifiers[]): Promise<Known> {
  const byId = new Map<number, KnownProfile>();
  const byEmail = new Map<string, number>();
  const byExternalId = new Map<string, number>();
  const claimed = new Set<string>();
  const wanted = new Map(batch.flatMap((one) => one.externalIds.map((id) => [keyOf(id), id] as const)));
  const parts = [
    ...byEmails(db, [...new Set(batch.flatMap((one) => one.email ?? []))]),
    ...byExternalIds(db, [...wanted.values()]),
    ...byIds(db, [...new Set(batch.flatMap((one) => one.profileId ?? []))]),
  ];
  let anyone = false;
  const rows =
    parts.length === 0 ? [] : await db.rows<KnownRow>(sql.join([...parts, erased], sql` UNION ALL `));
  for (const row of rows) {
    const { kind, value, id, found } = row;
    if (kind === 'erased') anyone = true;
    else if (kind === 'email') byEmail.set(value, id);
    else if (kind !== 'id' && wanted.has(keyOf(row))) {
      byExternalId.set(keyOf(row), id);
      if (kind === 'claimed') claimed.add(keyOf(row));
    }
    if (found === null) continue;
    const profile = knownOf({ ...row, id: found });
    byId.set(found, profile);
    if (kind === 'id') byId.set(Number(value), profile);
  }
  return { byId, byEmail, byExternalId, claimed, anyoneErased: anyone };
}

/** A row that is there when anybody was erased. */
const erased = sql`SELECT 'erased' AS kind, '' AS source, '' AS value, 0 AS id, CAST(NULL AS bigint) AS found,
  CAST(NULL AS text) AS email, CAST(NULL AS int) AS somebody, CAST(NULL AS int) AS guarded
  WHERE ${anyoneErased} IS NOT NULL`;

type ProfileRow = Pick<KnownRow, 'id' | 'email' | 'somebody' | 'guarded'>;

function knownOf({ id, email, somebody, guarded }: ProfileRow): KnownProfile {
  return { id, email: email ?? undefined, isSomebody: somebody === 1, isGuarded: guarded === 1 };
}

const isNamed = sql`EXISTS (SELECT 1 FROM external_ids y
  WHERE y.profile_id = p.id AND y.source <> ${sql.raw(`'${ANONYMOUS}'`)})`;

/** See `KnownProfile.isSomebody` and `isGuarded`; of the profile `p`. */
const standing = sql`CASE WHEN p.email IS NOT NULL OR ${isNamed} THEN 1 END AS somebody,
  CASE WHEN p.email IS NULL AND ${isNamed}
    AND (CAST(p.attributes AS text) <> '{}' OR EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = p.id))
  THEN 1 END AS guarded`;

function byEmails({ phrases }: Database, emails: readonly string[]): SQL[] {
  if (emails.length === 0) return [];
  const found = phrases.texts(emails);
  return [
    sql`SELECT 'email' AS kind, '' AS source, p.email AS value, p.id AS id, p.id AS found, p.email AS email, ${standing}
      FROM profiles p WHERE p.email IN ${found}`,
    sql`SELECT 'email' AS kind, '' AS source, x.value AS value, x.profile_id AS id, p.id AS found, p.email AS email,
        ${standing}
      FROM external_ids x LEFT JOIN profiles p ON p.id = x.profile_id
      WHERE x.source = ${FORMER_EMAIL} AND x.value IN ${found}`,
  ];
}

function byExternalIds({ phrases }: Database, ids: readonly ExternalId[]): SQL[] {
  if (ids.length === 0) return [];
  const sources = [...new Set(ids.map((id) => id.source))];
  const values = [...new Set(ids.map((id) => id.value))];
  return [
    sql`SELECT CASE WHEN x.claimed IS NULL THEN 'external' ELSE 'claimed' END AS kind, x.source AS source, x.value AS value, x.profile_id AS id, p.id AS found,
        p.email AS email, ${standing}
      FROM external_ids x LEFT JOIN profiles p ON p.id = x.profile_id
      WHERE x.source IN ${phrases.texts(sources)} AND x.value IN ${phrases.texts(values)}`,
  ];
}

function byIds({ phrases }: Database, ids: readonly number[]): SQL[] {
  if (ids.length === 0) return [];
  const asked = phrases.numbers(ids);
  return [
    sql`SELECT 'id' AS kind, '' AS source, CAST(p.id AS text) AS value, p.id AS id, p.id AS found, p.email AS email,
        ${standing}
      FROM profiles p WHERE p.id IN ${asked}`,
    sql`SELECT 'id' AS kind, '' AS source, CAST(m.id AS text) AS value, m.survivor_id AS id, p.id AS found,
        p.email AS email, ${standing}
      FROM merged_profiles m JOIN profiles p ON p.id = m.survivor_id WHERE m.id IN ${asked}`,
  ];
}

async function readProfiles(db: Database, ids: readonly number[]): Promise<Map<number, KnownProfile>> {
  if (ids.length === 0) return new Map();
  const rows = await db.rows<ProfileRow>(
    sql`SELECT p.id AS id, p.email AS email, ${standing} FROM profiles p WHERE p.id IN ${db.phrases.numbers(ids)}`,
  );
  return new Map(rows.map((row) => [row.id, knownOf(row)]));
}

/** Where the ids of merged profiles lead; the ids of profiles that are still there are absent. */
async function survivorsOf(db: Database, ids: readonly number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db.rows<{ id: number; survivor: number }>(
    sql`SELECT id AS id, survivor_id AS survivor FROM merged_profiles WHERE id IN ${db.phrases.numbers(ids)}`,
  );
  return new Map(rows.map((row) => [row.id, row.survivor]));
}

async function current(db: Database, ids: readonly (number | undefined)[]): Promise<(number | undefined)[]> {
  const survivors = await survivorsOf(db, [...new Set(ids.flatMap((id) => id ?? []))]);
  return ids.map((id) => (id === undefined ? undefined : (survivors.get(id) ?? id)));
}

function firstOf(identifiers: Identifiers, known: KnownIdentities): number | undefined {
  const profile = (id: number | undefined) => (id === undefined ? undefined : known.byId.get(id));
  const { meant } = namedBy(identifiers, {
    ofId: profile,
    ofEmail: (email) => profile(known.byEmail.get(email)),
    ofExternalId: (id) => profile(known.byExternalId.get(keyOf(id))),
    isClaimed: (id) => known.claimed.has(keyOf(id)),
  });
  return meant[0]?.id;
}
