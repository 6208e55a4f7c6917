import { sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import {
  type IdentityPlan,
  identify,
  type KnownIdentities,
  type KnownProfile,
  keyOf,
} from '../profiles/identify.ts';
import type { Identifiers, IdentityStore, ResolveOptions } from '../profiles/identity.ts';
import type { Database } from './database.ts';
import { writeIdentities } from './identity-writing.ts';
import { mergeProfiles, settleMerges } from './merges.ts';
import { idsOf, lock } from './profile-rows.ts';
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
    externalIdsOf: (profileId) =>
      db.rows(sql`SELECT source AS source, value AS value, created_at AS "createdAt" FROM external_ids
        WHERE profile_id = ${profileId} ORDER BY source, created_at, value`),
    merge: (survivor, merged, note, now) =>
      untilAlone(() =>
        db.transaction(async (tx) => {
          await lock(tx, [survivor, merged]);
          const [stays, goes] = await current(tx, [survivor, merged]);
          if (stays === goes) {
            throw new DearError('profile.same', `Profiles ${survivor} and ${merged} are one already.`, {
              kind: 'usage',
            });
          }
          return mergeProfiles(tx, stays ?? survivor, goes ?? merged, note, now);
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
  const plan = identify(batch, await readKnown(db, batch), options);
  if (plan.changed.length === 0 && plan.conflicts.length === 0) return plan.persons.map((one) => one?.id);
  return untilAlone(() =>
    db.transaction(async (tx) => {
      const fresh = identify(batch, await readKnown(tx, batch), options);
      await holdStill(tx, fresh);
      const ids = await writeIdentities(tx, fresh, options.by ?? 'identification', now);
      return fresh.persons.map((one) => one && (one.id ?? ids.get(one)));
    }),
  );
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

async function readKnown(db: Database, batch: readonly Identifiers[]): Promise<KnownIdentities> {
  const asked = [...new Set(batch.flatMap((one) => one.profileId ?? []))];
  const emails = [...new Set(batch.flatMap((one) => one.email ?? []))];
  const currentIds = await survivorsOf(db, asked);
  const byEmail = await idsOf(db, emails);
  const byExternalId = await externalIds(db, batch);
  const profiles = await readProfiles(db, [
    ...new Set([
      ...asked.map((id) => currentIds.get(id) ?? id),
      ...byEmail.values(),
      ...byExternalId.values(),
    ]),
  ]);
  const byId = new Map(profiles);
  for (const [old, survivor] of currentIds) {
    const profile = profiles.get(survivor);
    if (profile !== undefined) byId.set(old, profile);
  }
  return { byId, byEmail, byExternalId };
}

async function externalIds(db: Database, batch: readonly Identifiers[]): Promise<Map<string, number>> {
  const wanted = new Map(batch.flatMap((one) => one.externalIds.map((id) => [keyOf(id), id] as const)));
  if (wanted.size === 0) return new Map();
  const sources = [...new Set([...wanted.values()].map((id) => id.source))];
  const values = [...new Set([...wanted.values()].map((id) => id.value))];
  const rows = await db.rows<{ source: string; value: string; id: number }>(sql`
    SELECT source AS source, value AS value, profile_id AS id FROM external_ids
    WHERE source IN ${db.phrases.texts(sources)} AND value IN ${db.phrases.texts(values)}`);
  return new Map(rows.filter((row) => wanted.has(keyOf(row))).map((row) => [keyOf(row), row.id]));
}

async function readProfiles(db: Database, ids: readonly number[]): Promise<Map<number, KnownProfile>> {
  if (ids.length === 0) return new Map();
  const rows = await db.rows<{ id: number; email: string | null }>(
    sql`SELECT id AS id, email AS email FROM profiles WHERE id IN ${db.phrases.numbers(ids)}`,
  );
  return new Map(rows.map(({ id, email }) => [id, { id, email: email ?? undefined }]));
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

function firstOf({ profileId, email, externalIds }: Identifiers, known: KnownIdentities): number | undefined {
  const ids = [
    profileId,
    email === undefined ? undefined : known.byEmail.get(email),
    ...externalIds.map((id) => known.byExternalId.get(keyOf(id))),
  ];
  for (const id of ids) {
    const profile = id === undefined ? undefined : known.byId.get(id);
    if (profile !== undefined) return profile.id;
  }
  return undefined;
}
