import { eq, sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import { FORMER_EMAIL, type Merged, type MergeNote } from '../profiles/identity.ts';
import type { JsonObject } from '../profiles/json.ts';
import { unite } from '../profiles/unite.ts';
import type { Database } from './database.ts';
import { carrySuppressions, moveConsents, moveSends, recallOpenSends } from './moves.ts';
import { lock, lockAndRead, type ProfileRow, preferenceColumns, profileOf } from './profile-rows.ts';
import { untilAlone } from './races.ts';
import { addOwnEvents } from './timeline.ts';
import { markTraits } from './traits.ts';

const SETTLED_AT_ONCE = 500;

/**
 * Merges one profile into another, inside the caller's transaction. The old id leads to the survivor from then on,
 * and so does the old address.
 * @throws DearError `profile.unknown`
 */
export async function mergeProfiles(
  tx: Database,
  survivor: number,
  merged: number,
  note: MergeNote,
  now: number,
): Promise<Merged> {
  const rows = new Map((await lockAndRead(tx, [survivor, merged])).map((row) => [row.id, row]));
  const [stays, goes] = [rows.get(survivor), rows.get(merged)];
  if (stays === undefined) throw unknownProfile(survivor);
  if (goes === undefined) throw unknownProfile(merged);
  const { events, sends } = await moveEverything(tx, survivor, merged);
  await tx.run(sql`DELETE FROM profiles WHERE id = ${merged}`);
  const overridden = await writeSurvivor(tx, stays, goes, now);
  await moveAddress(tx, stays, goes, now);
  await tx.run(sql`UPDATE merged_profiles SET survivor_id = ${survivor} WHERE survivor_id = ${merged}`);
  await tx.orm.insert(tx.tables.mergedProfiles).values({ id: merged, survivorId: survivor, at: now });
  const email = goes.email ?? undefined;
  const properties: JsonObject = {
    profile: merged,
    ...(email === undefined ? {} : { email }),
    ...note,
    events,
    sends,
    ...overridden,
  };
  await addOwnEvents(tx, [{ key: `merged:${merged}`, profileId: survivor, type: 'merged', properties }], now);
  return { survivor, merged, email, events, sends };
}

/** @returns DearError `profile.unknown` */
function unknownProfile(id: number): DearError {
  return new DearError('profile.unknown', `There is no profile ${id}.`, {
    mend: '`dear profile show EMAIL` names the id of a profile.',
  });
}

/** What hangs on a profile's id, one line a table. */
async function moveEverything(tx: Database, survivor: number, merged: number) {
  await dropTwins(tx, survivor, merged);
  const events = await tx.run(sql`UPDATE events SET profile_id = ${survivor} WHERE profile_id = ${merged}`);
  await moveConsents(tx, survivor, merged);
  const sends = await moveSends(tx, survivor, merged);
  await tx.run(sql`UPDATE external_ids SET profile_id = ${survivor} WHERE profile_id = ${merged}`);
  await tx.run(sql`DELETE FROM traits WHERE profile_id = ${merged}`);
  // Which segments the survivor is in now, the next look at them tells.
  await tx.run(sql`DELETE FROM segment_members WHERE profile_id = ${merged}`);
  if (events > 0) await markTraits(tx, [survivor, merged]);
  return { events, sends };
}

/** An event without a key that both have, because it came before and after its address changed hands, counts once. */
async function dropTwins(tx: Database, survivor: number, merged: number): Promise<void> {
  await tx.run(sql`DELETE FROM events WHERE profile_id = ${merged} AND digest IS NOT NULL AND EXISTS (
    SELECT 1 FROM events o WHERE o.profile_id = ${survivor} AND o.type = events.type AND o.at = events.at
      AND o.digest = events.digest)`);
}

/** @returns what of the merged profile did not become part of the survivor */
async function writeSurvivor(
  tx: Database,
  stays: ProfileRow,
  goes: ProfileRow,
  now: number,
): Promise<JsonObject> {
  const { profiles } = tx.tables;
  const { state, overridden } = unite(profileOf(stays), profileOf(goes));
  await tx.orm
    .update(profiles)
    .set({
      ...preferenceColumns(state),
      attributes: { ...state.attributes },
      email: stays.email ?? goes.email,
      createdAt: Math.min(stays.createdAt, goes.createdAt),
      updatedAt: now,
    })
    .where(eq(profiles.id, stays.id));
  // It came from the database as JSON and goes back as JSON.
  const kept = Object.entries(overridden).filter(([, values]) => Object.keys(values).length > 0);
  return Object.fromEntries(kept) as JsonObject;
}

/** The address that the survivor does not take over leads to it as a former one. */
async function moveAddress(tx: Database, stays: ProfileRow, goes: ProfileRow, now: number): Promise<void> {
  if (goes.email === null) return;
  if (stays.email === null) return recallOpenSends(tx, stays.id);
  await tx.run(sql`INSERT INTO external_ids (source, value, profile_id, created_at)
    VALUES (${FORMER_EMAIL}, ${goes.email}, ${stays.id}, ${now})
    ON CONFLICT (source, value) DO UPDATE SET profile_id = excluded.profile_id`);
  await carrySuppressions(tx, goes.email, stays.email);
}

/** See `IdentityStore.settleMerges`. */
export async function settleMerges(db: Database, before: number, now: number): Promise<number> {
  const waiting = await db.rows<{ id: number; survivor: number; late: number }>(sql`
    SELECT m.id AS id, m.survivor_id AS survivor, CASE WHEN
        EXISTS (SELECT 1 FROM events e WHERE e.profile_id = m.id)
        OR EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = m.id)
        OR EXISTS (SELECT 1 FROM consent_changes h WHERE h.profile_id = m.id)
        OR EXISTS (SELECT 1 FROM confirmations k WHERE k.profile_id = m.id)
        OR EXISTS (SELECT 1 FROM traits t WHERE t.profile_id = m.id)
        OR EXISTS (SELECT 1 FROM external_ids x WHERE x.profile_id = m.id) THEN 1 ELSE 0 END AS late
    FROM merged_profiles m WHERE m.settled_at IS NULL AND m.at < ${before} ORDER BY m.at LIMIT ${SETTLED_AT_ONCE}`);
  for (const { id, survivor } of waiting.filter((row) => row.late === 1)) {
    await untilAlone(() =>
      db.transaction(async (tx) => {
        await lock(tx, [survivor]);
        await moveEverything(tx, survivor, id);
      }),
    );
  }
  if (waiting.length > 0) {
    const ids = db.phrases.numbers(waiting.map((row) => row.id));
    await db.run(sql`UPDATE merged_profiles SET settled_at = ${now} WHERE id IN ${ids}`);
  }
  return waiting.length;
}
