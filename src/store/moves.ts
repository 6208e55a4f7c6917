import { sql } from 'drizzle-orm';
import { isAboutMailbox } from '../profiles/unite.ts';
import type { Database } from './database.ts';

/** Whoever must not be mailed at one address must not be at another, unless only the mailbox was at fault. */
export async function carrySuppressions(tx: Database, from: string, to: string): Promise<void> {
  const { suppressions } = tx.tables;
  const rows = await tx.orm.select().from(suppressions).where(sql`${suppressions.address} = ${from}`);
  const carried = rows.filter((row) => !isAboutMailbox(row));
  if (carried.length === 0) return;
  await tx.orm
    .insert(suppressions)
    .values(carried.map((row) => ({ ...row, address: to, source: `${row.source} (at a former address)` })))
    .onConflictDoNothing();
}

/** A letter that is written but not claimed yet is for an old address: whoever leases it next writes it anew. */
export async function recallOpenSends(tx: Database, profileId: number): Promise<void> {
  await tx.run(sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
    WHERE profile_id = ${profileId} AND state IN ('queued', 'deferred') AND lease_token IS NOT NULL`);
}

/**
 * Moves the sends. Where both have one in the same run, the survivor keeps the one that went further; the other
 * stays with the old id, so that the run's counts still add up, and is skipped if it was still to go.
 * @returns how many went over to the survivor
 */
export async function moveSends(tx: Database, survivor: number, merged: number): Promise<number> {
  const now = tx.phrases.now();
  const exchanged = await swapFurther(tx, survivor, merged);
  await tx.run(sql`UPDATE sends SET state = 'skipped', reason = 'merged', detail = ${`letter of profile ${survivor}`},
      finished_at = ${now}, lease_token = NULL, lease_until = NULL
    WHERE profile_id = ${merged} AND state IN ('queued', 'deferred')
      AND run_id IN (SELECT s.run_id FROM sends s WHERE s.profile_id = ${survivor})`);
  // A letter that is written already is for the old address: it is leased and written again.
  const moved = await tx.run(sql`UPDATE sends SET profile_id = ${survivor},
      lease_token = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_token END,
      lease_until = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_until END
    WHERE profile_id = ${merged}
      AND run_id NOT IN (SELECT s.run_id FROM sends s WHERE s.profile_id = ${survivor})`);
  return exchanged + moved;
}

/** How far a send went: it left or may have; it is to leave; it was refused; it was never to leave. */
const rank = (send: string) =>
  sql.raw(`CASE ${send}.state WHEN 'skipped' THEN 0 WHEN 'failed' THEN 1
  WHEN 'queued' THEN 2 WHEN 'deferred' THEN 2 ELSE 3 END`);

/** Exchanges the owners of those pairs whose second went further; by way of negative ids, for the unique key's sake. */
async function swapFurther(tx: Database, survivor: number, merged: number): Promise<number> {
  const pairs = await tx.rows<{ id: number }>(sql`
    SELECT m.id AS id FROM sends s JOIN sends m ON m.run_id = s.run_id AND m.profile_id = ${merged}
    WHERE s.profile_id = ${survivor} AND ${rank('m')} > ${rank('s')}`);
  if (pairs.length === 0) return 0;
  const further = tx.phrases.numbers(pairs.map((row) => row.id));
  const inRuns = sql`run_id IN (SELECT x.run_id FROM sends x WHERE x.id IN ${further})`;
  await tx.run(sql`UPDATE sends SET profile_id = ${-merged} WHERE profile_id = ${survivor} AND ${inRuns}`);
  await tx.run(sql`UPDATE sends SET profile_id = ${survivor},
      lease_token = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_token END,
      lease_until = CASE WHEN state IN ('queued', 'deferred') THEN NULL ELSE lease_until END
    WHERE profile_id = ${merged} AND id IN ${further}`);
  await tx.run(sql`UPDATE sends SET profile_id = ${merged} WHERE profile_id = ${-merged}`);
  return pairs.length;
}

/**
 * Moves consent and its history. Of two statements about a topic the one that is no agreement stands, and no
 * older agreement can undo it: it counts from the later moment of the two.
 */
export async function moveConsents(tx: Database, survivor: number, merged: number): Promise<void> {
  const { consents } = tx.tables;
  const rows = await tx.rows<{ profile_id: number; topic: string; state: string; at: number }>(
    sql`SELECT profile_id, topic, state, at FROM consents WHERE profile_id IN (${survivor}, ${merged})`,
  );
  const own = new Map(rows.filter((row) => row.profile_id === survivor).map((row) => [row.topic, row]));
  for (const other of rows.filter((row) => row.profile_id === merged)) {
    const mine = own.get(other.topic);
    const where = (id: number) => sql`${consents.profileId} = ${id} AND ${consents.topic} = ${other.topic}`;
    if (mine !== undefined) {
      const stays = isStricter(other, mine) ? other : mine;
      await tx.orm.delete(consents).where(where(stays === mine ? merged : survivor));
      const at = stays.state === 'in' || mine.state === other.state ? stays.at : Math.max(mine.at, other.at);
      await tx.orm.update(consents).set({ profileId: survivor, at }).where(where(stays.profile_id));
    } else await tx.orm.update(consents).set({ profileId: survivor }).where(where(merged));
  }
  await tx.run(sql`UPDATE consent_changes SET profile_id = ${survivor} WHERE profile_id = ${merged}`);
  await tx.run(sql`UPDATE confirmations SET profile_id = ${survivor} WHERE profile_id = ${merged}`);
}

/** Whatever is not known to be an agreement counts as none; of two of a kind the newer one stands. */
function isStricter(one: { state: string; at: number }, other: { state: string; at: number }): boolean {
  const care = ({ state }: { state: string }) => (state === 'in' ? 0 : state === 'pending' ? 1 : 2);
  return care(one) === care(other) ? one.at > other.at : care(one) > care(other);
}
