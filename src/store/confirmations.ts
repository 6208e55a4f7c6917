import { and, asc, desc, eq, isNull, sql } from 'drizzle-orm';
import { emptyState } from '../profiles/merge.ts';
import {
  type Answer,
  type Confirmation,
  type ConfirmationStore,
  type LetterOutcome,
  type LetterState,
  letterStates,
} from '../sign-up/port.ts';
import { answerConfirmation, requestConfirmation, sweepConfirmations } from './confirmation-acts.ts';
import type { Database, Tables } from './database.ts';
import { bulkRow, idsOf, profileColumns } from './profile-rows.ts';

/** Requests to confirm sign-ups in the database. */
export function confirmationStore(db: Database): ConfirmationStore {
  const { confirmations } = db.tables;
  const now = db.phrases.now();
  return {
    request: (signUp, limit) =>
      db.transaction(async (tx) => {
        const profileId = await profileFor(tx, signUp.address, signUp.at);
        return requestConfirmation(tx, profileId, signUp, limit);
      }),
    byId: (id) => byId(db, id),
    list: async (limit) => {
      const rows = await select(db).orderBy(desc(confirmations.id)).limit(limit);
      return rows.map(confirmationOf);
    },
    due: async (limit) => {
      const rows = await select(db)
        .where(
          and(
            sql`${confirmations.state} IN ('queued', 'deferred')`,
            sql`${confirmations.dueAt} <= ${now}`,
            isNull(confirmations.answer),
          ),
        )
        .orderBy(asc(confirmations.dueAt), asc(confirmations.id))
        .limit(limit);
      return rows.map(confirmationOf);
    },
    claim: async (id, leaseMs) =>
      (await db.run(sql`UPDATE confirmations
        SET state = 'sending', claimed_at = ${now}, attempts = attempts + 1, lease_until = ${now} + ${leaseMs}
        WHERE id = ${id} AND state IN ('queued', 'deferred') AND due_at <= ${now} AND answer IS NULL
          AND expires_at > ${now}
          AND EXISTS (SELECT 1 FROM consents c WHERE c.profile_id = confirmations.profile_id AND c.state = 'pending')
          AND NOT EXISTS (SELECT 1 FROM suppressions x JOIN profiles p ON p.email = x.address
            WHERE p.id = confirmations.profile_id)`)) > 0,
    settle: (outcome) => db.transaction((tx) => settle(tx, outcome)),
    answer: (id, answer, at, proof) =>
      db.transaction(async (tx) => {
        await answerConfirmation(tx, id, answer, at, proof);
        return byId(tx, id);
      }),
    sweep: (at) => sweepConfirmations(db, at),
  };
}

/** The profile of an address, made when it is new. */
async function profileFor(tx: Database, address: string, at: number): Promise<number> {
  await tx.insertMany(
    { into: 'profiles', columns: profileColumns, tail: 'ON CONFLICT (email) DO NOTHING' },
    (await idsOf(tx, [address])).size > 0 ? [] : [bulkRow(address, emptyState, at)],
  );
  return (await idsOf(tx, [address])).get(address) ?? 0;
}

function select(db: Database) {
  const { confirmations, profiles } = db.tables;
  return db.orm
    .select({ row: confirmations, address: profiles.email })
    .from(confirmations)
    .leftJoin(profiles, eq(profiles.id, confirmations.profileId));
}

async function byId(db: Database, id: number): Promise<Confirmation | undefined> {
  const [row] = await select(db).where(eq(db.tables.confirmations.id, id));
  return row && confirmationOf(row);
}

async function settle(tx: Database, outcome: LetterOutcome): Promise<void> {
  const { id, state, response, retryInMs, suppress } = outcome;
  const now = tx.phrases.now();
  const settled = await tx.run(sql`UPDATE confirmations SET state = ${state}, response = ${response},
      due_at = ${now} + ${retryInMs}, lease_until = NULL,
      finished_at = CASE WHEN ${state} = 'deferred' THEN NULL ELSE ${now} END
    WHERE id = ${id} AND state = 'sending'`);
  if (settled === 0 || suppress === undefined) return;
  await tx.run(sql`INSERT INTO suppressions (address, reason, source, at)
    SELECT p.email, ${suppress}, ${`refused: ${response}`.slice(0, 200)}, ${now}
    FROM confirmations f JOIN profiles p ON p.id = f.profile_id WHERE f.id = ${id} AND p.email IS NOT NULL
    ON CONFLICT (address) DO NOTHING`);
}

function confirmationOf({
  row,
  address,
}: {
  row: Tables['confirmations']['$inferSelect'];
  address: string | null;
}): Confirmation {
  return {
    id: row.id,
    profileId: row.profileId,
    address: address ?? undefined,
    topics: row.topics,
    source: row.source,
    state: stateOf(row.state),
    requestedAt: row.requestedAt,
    expiresAt: row.expiresAt,
    attempts: row.attempts,
    response: row.response ?? undefined,
    answer: answerOf(row.answer),
    answeredAt: row.answeredAt ?? undefined,
  };
}

/** A state that is not known is never sent. */
const stateOf = (text: string): LetterState => letterStates.find((state) => state === text) ?? 'unknown';
const answerOf = (text: string | null): Answer | undefined =>
  text === 'yes' || text === 'no' || text === 'expired' ? text : undefined;
