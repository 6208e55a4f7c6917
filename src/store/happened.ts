import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Happened, HappenedType } from '../tracking/arrivals.ts';
import type { Database } from './database.ts';
import { currentProfile } from './profile-rows.ts';

const RESOLVED =
  'the answer to DATA never came, but a later open, click, reply or unsubscribe shows that it arrived';

/**
 * Inserts the events (each key once) and sets the marks of their sends, inside the caller's transaction.
 * What happened to a send that is no longer kept, or whose profile was erased, is left out.
 * @returns the ids of the sends that are kept.
 */
export async function applyHappened(
  tx: Database,
  happened: readonly Happened[],
  now: number,
): Promise<Set<number>> {
  const sends = await sendsOf(
    tx,
    [...new Set(happened.map((one) => one.sendId))].sort((a, b) => a - b),
  );
  const first = earliestByKey(happened.filter((one) => sends.has(one.sendId)));
  if (first.length > 0) {
    await insertEvents(tx, first, sends, now);
    await markSends(tx, first);
  }
  return new Set(sends.keys());
}

interface KeptSend {
  readonly id: number;
  readonly profileId: number;
  readonly run: number;
  readonly campaign: string;
  readonly variant: string | null;
}

async function sendsOf(tx: Database, ids: readonly number[]): Promise<Map<number, KeptSend>> {
  if (ids.length === 0) return new Map();
  const { sends, runs, profiles, mergedProfiles } = tx.tables;
  const rows = await tx.orm
    .select({
      id: sends.id,
      profileId: profiles.id,
      run: runs.id,
      campaign: runs.campaign,
      variant: sends.variant,
    })
    .from(sends)
    .innerJoin(runs, eq(runs.id, sends.runId))
    .leftJoin(mergedProfiles, eq(mergedProfiles.id, sends.profileId))
    .innerJoin(profiles, eq(profiles.id, currentProfile(tx)))
    .where(inArray(sends.id, [...ids]));
  return new Map(rows.map((row) => [row.id, row]));
}

/** In the order of the keys, so that two folders lock the same rows in the same order. */
function earliestByKey(happened: readonly Happened[]): Happened[] {
  const first = new Map<string, Happened>();
  for (const one of happened) {
    const known = first.get(one.key);
    if (known === undefined || one.at < known.at) first.set(one.key, one);
  }
  return [...first.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function insertEvents(
  tx: Database,
  happened: readonly Happened[],
  sends: ReadonlyMap<number, KeptSend>,
  now: number,
): Promise<void> {
  const rows = happened.flatMap((one) => {
    const send = sends.get(one.sendId);
    if (send === undefined) return [];
    const { id, profileId, run, campaign, variant } = send;
    const letter = { campaign, run, send: id, ...(variant === null ? {} : { variant }) };
    const properties = { ...letter, ...one.properties };
    return [{ key: one.key, profileId, type: one.type, at: one.at, properties, receivedAt: now }];
  });
  await tx.orm.insert(tx.tables.events).values(rows).onConflictDoNothing();
}

interface Marks {
  opened?: number;
  clicked?: number;
  replied?: number;
  unsubscribed?: number;
}

/** Which of the ledger's marks an event sets; see the fold's docstring for why. */
const marksOf: { readonly [K in HappenedType]: readonly (keyof Marks)[] } = {
  opened: ['opened'],
  clicked: ['opened', 'clicked'],
  replied: ['opened', 'replied'],
  unsubscribed: ['unsubscribed'],
  resubscribed: [],
  autoReplied: [],
};

/** Each mark keeps its earliest time; a send whose fate was unknown turns out to be accepted. */
async function markSends(tx: Database, happened: readonly Happened[]): Promise<void> {
  const marks = new Map<number, Marks>();
  for (const one of happened) {
    const known = marks.get(one.sendId) ?? {};
    for (const mark of marksOf[one.type]) known[mark] = Math.min(known[mark] ?? one.at, one.at);
    marks.set(one.sendId, known);
  }
  const ids = [...marks.keys()].sort((a, b) => a - b);
  await lockSends(tx, ids);
  const values = ids.map((id) => {
    const { opened, clicked, replied, unsubscribed } = marks.get(id) ?? {};
    return sql`(${list([id, opened, clicked, replied, unsubscribed].map(time))})`;
  });
  await tx.run(sql`
    WITH v(send_id, opened, clicked, replied, unsubscribed) AS (VALUES ${list(values)})
    UPDATE sends SET
      opened_at = ${earlier(sql`sends.opened_at`, sql`v.opened`)},
      clicked_at = ${earlier(sql`sends.clicked_at`, sql`v.clicked`)},
      replied_at = ${earlier(sql`sends.replied_at`, sql`v.replied`)},
      unsubscribed_at = ${earlier(sql`sends.unsubscribed_at`, sql`v.unsubscribed`)},
      detail = CASE WHEN sends.state = 'unknown' THEN ${RESOLVED} ELSE sends.detail END,
      state = CASE WHEN sends.state = 'unknown' THEN 'accepted' ELSE sends.state END
    FROM v WHERE sends.id = v.send_id`);
}

/** An UPDATE … FROM locks rows in any order; taking them by id first keeps two folders from a deadlock. */
async function lockSends(tx: Database, ids: readonly number[]): Promise<void> {
  if (tx.phrases.name === 'sqlite') return;
  await tx.rows(
    sql`SELECT id FROM sends WHERE id IN (${list(ids.map((id) => sql`${id}`))}) ORDER BY id FOR UPDATE`,
  );
}

const earlier = (old: SQL, found: SQL) =>
  sql`CASE WHEN ${found} IS NOT NULL AND (${old} IS NULL OR ${found} < ${old}) THEN ${found} ELSE ${old} END`;
const time = (value: number | undefined) => sql`CAST(${value ?? null} AS bigint)`;
const list = (parts: readonly SQL[]) => sql.join([...parts], sql`, `);
