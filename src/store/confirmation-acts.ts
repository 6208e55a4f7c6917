import { and, asc, desc, eq, inArray, isNull, lte, ne, sql } from 'drizzle-orm';
import type { AskingLimit, ConfirmationStore, SignUp, Wordings } from '../sign-up/port.ts';
import { clockOf } from './clock.ts';
import { readStandings, saveStandings } from './consent-book.ts';
import type { Database, Tables } from './database.ts';
import { lock } from './profile-rows.ts';

const EXPIRED_A_TURN = 200;

/** Makes the consents pending and queues the letter, unless there is nothing to ask or it was asked just now. */
export async function requestConfirmation(
  tx: Database,
  profileId: number,
  { topics, source, proof, language, at, expiresAt }: SignUp,
  limit: AskingLimit,
): ReturnType<ConfirmationStore['request']> {
  await lock(tx, [profileId]);
  if (await isSuppressed(tx, profileId)) return { asked: 'suppressed', id: undefined };
  const standings = await readStandings(tx, [profileId]);
  const agreed = new Set(
    (await tx.orm.select().from(tx.tables.consents).where(eq(tx.tables.consents.profileId, profileId)))
      .filter((row) => row.state === 'in')
      .map((row) => row.topic),
  );
  const open = topics.filter(({ name }) => !agreed.has(name));
  if (open.length === 0) return { asked: 'agreed already', id: undefined };
  if (await isAskedEnough(tx, profileId, at, limit)) return { asked: 'asked before', id: undefined };
  for (const { name, wording } of open) {
    standings.get(profileId)?.take({ topic: name, state: 'pending', at, source, wording, proof }, at);
  }
  await saveStandings(tx, standings);
  const [row] = await tx.orm
    .insert(tx.tables.confirmations)
    .values({
      profileId,
      topics: open.map(({ name }) => name),
      source,
      proof: proof ?? null,
      language: language ?? null,
      state: 'queued',
      requestedAt: at,
      expiresAt,
      dueAt: at,
      attempts: 0,
    })
    .returning({ id: tx.tables.confirmations.id });
  return { asked: 'asked', id: row?.id };
}

async function isSuppressed(tx: Database, profileId: number): Promise<boolean> {
  const rows = await tx.rows(sql`SELECT 1 AS one FROM suppressions x JOIN profiles p ON p.email = x.address
    WHERE p.id = ${profileId}`);
  return rows.length > 0;
}

async function isAskedEnough(
  tx: Database,
  profileId: number,
  at: number,
  { windowMs, most, pauseMs }: AskingLimit,
): Promise<boolean> {
  const [row] = await tx.rows<{ count: number; last: number | null }>(sql`
    SELECT count(*) AS count, max(requested_at) AS last FROM confirmations
    WHERE profile_id = ${profileId} AND requested_at > ${at - windowMs}`);
  return row !== undefined && (row.count >= most || (row.last ?? 0) > at - pauseMs);
}

/** Stores the owner's answer, and what follows from it for the consents. */
export async function answerConfirmation(
  tx: Database,
  id: number,
  answer: 'yes' | 'no',
  at: number,
  proof: string,
): Promise<void> {
  const { confirmations } = tx.tables;
  const [row] = await tx.orm.select().from(confirmations).where(eq(confirmations.id, id));
  if (row === undefined) return;
  await lock(tx, [row.profileId]);
  const stillOpen =
    answer === 'yes'
      ? and(isNull(confirmations.answer), sql`${confirmations.expiresAt} > ${at}`)
      : sql`coalesce(${confirmations.answer}, '') <> 'no'`;
  const taken = await tx.orm
    .update(confirmations)
    .set({ answer, answeredAt: at })
    .where(and(eq(confirmations.id, id), stillOpen))
    .returning({ id: confirmations.id });
  // A no counts whenever it is said: what was agreed to since by another link is stopped by it, too.
  if (taken.length === 0 && answer === 'yes') return;
  const wordings = (await wordingsOf(tx, [row])).get(id);
  const standings = await readStandings(tx, [row.profileId]);
  for (const topic of row.topics) {
    standings.get(row.profileId)?.take(
      {
        topic,
        state: answer === 'yes' ? 'in' : 'out',
        at,
        source: answer === 'yes' ? `${row.source}, confirmed` : 'confirmation refused',
        ...(answer === 'yes' ? { wording: wordings?.get(topic) } : {}),
        proof,
      },
      at,
    );
  }
  await saveStandings(tx, standings);
  if (answer === 'yes') await readmit(tx, row.profileId);
}

/** Who was erased and asks for letters anew is somebody to know again. */
async function readmit(tx: Database, profileId: number): Promise<void> {
  const { profiles } = tx.tables;
  const [row] = await tx.orm
    .select({ email: profiles.email })
    .from(profiles)
    .where(eq(profiles.id, profileId));
  if (row?.email == null) return;
  await tx.run(sql`DELETE FROM suppressions WHERE address = ${tx.mark('address', row.email)}`);
}

/** The words that each request showed, by its id; the consents themselves may have changed meanwhile. */
export async function wordingsOf(
  db: Database,
  requests: readonly Tables['confirmations']['$inferSelect'][],
): Promise<Map<number, Wordings>> {
  const { consentChanges } = db.tables;
  const { profileId, topic, wording, at, id, state } = consentChanges;
  const profiles = [...new Set(requests.map((request) => request.profileId))];
  const shown = await db.orm
    .select({ profileId, topic, wording, at })
    .from(consentChanges)
    .where(and(inArray(profileId, profiles), eq(state, 'pending')))
    .orderBy(asc(at), asc(id));
  return new Map(requests.map((request) => [request.id, wordingsOfOne(request, shown)]));
}

function wordingsOfOne(
  { profileId, topics, requestedAt }: Tables['confirmations']['$inferSelect'],
  shown: readonly { profileId: number; topic: string; wording: string | null; at: number }[],
): Wordings {
  const mine = shown.filter((one) => one.profileId === profileId && one.at <= requestedAt);
  const last = new Map(mine.map(({ topic, wording }) => [topic, wording]));
  return new Map(
    topics.flatMap((topic): [string, string][] => {
      const wording = last.get(topic);
      return wording == null ? [] : [[topic, wording]];
    }),
  );
}

/** See `ConfirmationStore.sweep`; a short transaction for each profile. */
export async function sweepConfirmations(db: Database): Promise<number> {
  const at = await clockOf(db);
  const { confirmations } = db.tables;
  const now = db.phrases.now();
  await db.run(sql`UPDATE confirmations SET state = 'unknown', finished_at = ${now}, lease_until = NULL,
      response = 'The worker that was sending it ended before the answer.'
    WHERE state = 'sending' AND lease_until < ${now}`);
  const over = await db.orm
    .select({ id: confirmations.id, profileId: confirmations.profileId })
    .from(confirmations)
    .where(and(isNull(confirmations.answer), lte(confirmations.expiresAt, at)))
    .limit(EXPIRED_A_TURN);
  for (const { id, profileId } of over) await db.transaction((tx) => expire(tx, id, profileId, at));
  await db.run(sql`UPDATE confirmations SET state = 'skipped', finished_at = ${now}
    WHERE state IN ('queued', 'deferred') AND (answer IS NOT NULL
      OR NOT EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = confirmations.profile_id AND c.state = 'pending')
      OR EXISTS (SELECT 1 FROM suppressions x JOIN profiles p ON p.email = x.address
        WHERE p.id = confirmations.profile_id))`);
  return over.length;
}

/** Nobody answered: each pending consent is what it was before it was asked for. */
async function expire(tx: Database, id: number, profileId: number, at: number): Promise<void> {
  const { confirmations, consents, consentChanges } = tx.tables;
  await lock(tx, [profileId]);
  const taken = await tx.orm
    .update(confirmations)
    .set({ answer: 'expired', answeredAt: at })
    .where(and(eq(confirmations.id, id), isNull(confirmations.answer)))
    .returning({ topics: confirmations.topics, requestedAt: confirmations.requestedAt });
  const [row] = taken;
  if (row === undefined) return;
  const pending = await tx.orm
    .select({ topic: consents.topic })
    .from(consents)
    .where(
      and(
        eq(consents.profileId, profileId),
        inArray(consents.topic, row.topics),
        eq(consents.state, 'pending'),
        // A newer request for the same topic is still open.
        lte(consents.at, row.requestedAt),
      ),
    );
  for (const { topic } of pending) {
    const mine = and(eq(consents.profileId, profileId), eq(consents.topic, topic));
    const [before] = await tx.orm
      .select()
      .from(consentChanges)
      .where(
        and(
          eq(consentChanges.profileId, profileId),
          eq(consentChanges.topic, topic),
          ne(consentChanges.state, 'pending'),
        ),
      )
      .orderBy(desc(consentChanges.at), desc(consentChanges.id))
      .limit(1);
    if (before === undefined) await tx.orm.delete(consents).where(mine);
    else {
      const { state, at: since, source, wording, proof } = before;
      // What was no agreement stays none: a pending consent never comes after one.
      const set = { state: state === 'in' ? 'out' : state, at: since, source, wording, proof };
      await tx.orm.update(consents).set(set).where(mine);
    }
  }
  await removeIfBare(tx, profileId);
}

/** A profile that is nothing but a sign-up which nobody confirmed is not ours to keep. */
async function removeIfBare(tx: Database, profileId: number): Promise<void> {
  const { profiles } = tx.tables;
  const [profile] = await tx.orm.select().from(profiles).where(eq(profiles.id, profileId));
  if (profile === undefined || Object.keys(profile.attributes).length > 0) return;
  const [held] = await tx.rows<{ count: number }>(sql`SELECT
    (SELECT count(*) FROM consents WHERE profile_id = ${profileId})
    + (SELECT count(*) FROM confirmations WHERE profile_id = ${profileId} AND answer IS NULL)
    + (SELECT count(*) FROM external_ids WHERE profile_id = ${profileId})
    + (SELECT count(*) FROM (SELECT 1 FROM events WHERE profile_id = ${profileId} LIMIT 1) e)
    + (SELECT count(*) FROM (SELECT 1 FROM sends WHERE profile_id = ${profileId} LIMIT 1) s) AS count`);
  if (held === undefined || held.count > 0) return;
  await tx.run(sql`DELETE FROM consent_changes WHERE profile_id = ${profileId}`);
  await tx.run(sql`DELETE FROM confirmations WHERE profile_id = ${profileId}`);
  await tx.run(sql`DELETE FROM profiles WHERE id = ${profileId}`);
}
