import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { emptyState } from '../profiles/merge.ts';
import {
  type Answer,
  type Confirmation,
  type ConfirmationNow,
  type ConfirmationStore,
  type LetterOutcome,
  type LetterState,
  letterStates,
} from '../sign-up/port.ts';
import {
  answerConfirmation,
  requestConfirmation,
  sweepConfirmations,
  wordingsOf,
} from './confirmation-acts.ts';
import type { Database, Tables } from './database.ts';
import { bulkRow, idsOf, profileColumns } from './profile-rows.ts';

/** Requests to confirm sign-ups in the database. */
export function confirmationStore(db: Database): ConfirmationStore {
  const { confirmations } = db.tables;
  const now = db.phrases.now();
  const isDue = sql`state IN ('queued', 'deferred') AND due_at <= ${now} AND answer IS NULL`;
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
    waits: async () =>
      (await db.rows(sql`SELECT 1 AS one FROM confirmations WHERE ${isDue} LIMIT 1`)).length > 0,
    take: async (limit, holdMs) => {
      const taken = await db.rows<{ id: number }>(sql`UPDATE confirmations SET due_at = ${now} + ${holdMs}
        WHERE id IN (SELECT id FROM confirmations WHERE ${isDue} ORDER BY due_at, id LIMIT ${limit}
          ${db.phrases.skipLocked()}) RETURNING id`);
      if (taken.length === 0) return [];
      const ids = taken.map(({ id }) => id);
      const rows = await select(db).where(inArray(confirmations.id, ids)).orderBy(asc(confirmations.id));
      const wordings = await wordingsOf(
        db,
        rows.map(({ row }) => row),
      );
      return rows.map((one) => ({
        ...confirmationOf(one),
        wordings: wordings.get(one.row.id) ?? new Map<string, string>(),
      }));
    },
    postpone: async (waits) => {
      await db.transaction(async (tx) => {
        for (const { id, attempts, inMs } of waits) {
          await tx.run(sql`UPDATE confirmations SET due_at = ${now} + ${Math.ceil(inMs)}
            WHERE id = ${id} AND attempts = ${attempts} AND state IN ('queued', 'deferred')`);
        }
      });
    },
    claim: async (id, attempts, leaseMs) =>
      (await db.run(sql`UPDATE confirmations
        SET state = 'sending', claimed_at = ${now}, attempts = attempts + 1, lease_until = ${now} + ${leaseMs}
        WHERE id = ${id} AND attempts = ${attempts} AND state IN ('queued', 'deferred') AND answer IS NULL
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
    sweep: () => sweepConfirmations(db),
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

async function byId(db: Database, id: number): Promise<ConfirmationNow | undefined> {
  const [row] = await select(db).where(eq(db.tables.confirmations.id, id));
  if (row === undefined) return undefined;
  const { consents, suppressions, profiles } = db.tables;
  const { profileId, topics } = row.row;
  const agreed = await db.orm
    .select({ topic: consents.topic })
    .from(consents)
    .where(and(eq(consents.profileId, profileId), eq(consents.state, 'in')));
  const [found] = await db.orm
    .select({
      pausedUntil: profiles.pausedUntil,
      attributes: profiles.attributes,
      suppressed: suppressions.reason,
    })
    .from(profiles)
    .leftJoin(suppressions, eq(suppressions.address, profiles.email))
    .where(eq(profiles.id, profileId));
  const holds = {
    agreed: topics.filter((name) => agreed.some(({ topic }) => topic === name)),
    suppressed: found?.suppressed ?? undefined,
    pausedUntil: found?.pausedUntil ?? undefined,
    language: typeof found?.attributes.language === 'string' ? found.attributes.language : undefined,
  };
  const wordings = (await wordingsOf(db, [row.row])).get(id) ?? new Map<string, string>();
  return { ...confirmationOf(row), wordings, holds };
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
    language: row.language ?? undefined,
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
