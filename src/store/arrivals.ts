import { and, asc, eq, gt, inArray, ne, sql } from 'drizzle-orm';
import type { ArrivalStore, Finding, Happened, Judged } from '../tracking/arrivals.ts';
import type { BulkRow, Database, RowStatement } from './database.ts';
import { discardErased, letterOfMail } from './erased-letters.ts';
import { applyHappened } from './happened.ts';

/** Arrivals and their folding, on either database. */
export function arrivalStore(db: Database): ArrivalStore {
  const { arrivals } = db.tables;
  return {
    add: async (items) => {
      if (items.length === 0) return;
      await db.orm.insert(arrivals).values(
        items.map((item) => ({
          kind: item.kind,
          state: 'new',
          at: item.at,
          facts: item.facts,
          raw: item.kind === 'mail' ? item.raw : null,
          sendId: item.kind === 'mail' ? null : item.facts.send,
        })),
      );
    },
    waiting: (afterId, limit) =>
      db.orm
        .select({ id: arrivals.id, kind: arrivals.kind, at: arrivals.at, facts: arrivals.facts })
        .from(arrivals)
        .where(and(eq(arrivals.state, 'new'), gt(arrivals.id, afterId)))
        .orderBy(asc(arrivals.id))
        .limit(limit),
    count: async () => {
      const [row] = await db.rows<{ count: number }>(
        sql`SELECT count(*) AS count FROM arrivals WHERE state = 'new'`,
      );
      return row?.count ?? 0;
    },
    raw: async (id) => {
      const [row] = await db.orm.select({ raw: arrivals.raw }).from(arrivals).where(eq(arrivals.id, id));
      return row?.raw ?? undefined;
    },
    fold: (judged, now) => db.transaction((tx) => fold(tx, judged, now)),
  };
}

async function fold(tx: Database, judged: readonly Judged[], now: number): Promise<number> {
  const mine = await take(
    tx,
    judged.map((one) => one.arrivalId),
  );
  const taken = judged.filter((one) => mine.has(one.arrivalId));
  const discarded = await discardErased(tx, taken);
  const found = taken.filter((one) => !discarded.has(one.arrivalId));
  const known = await applyHappened(tx, found.flatMap(happenedOf), now);
  const isGone = ({ finding }: Judged) => happenedOf({ finding }).some(({ sendId }) => !known.has(sendId));
  const gone: Finding = { state: 'unmatched', note: 'its letter is no longer kept' };
  await mark(
    tx,
    found.map((one) => (isGone(one) ? { arrivalId: one.arrivalId, finding: gone } : one)),
  );
  await linkMails(
    tx,
    found.filter((one) => !isGone(one)),
  );
  await emptyHits(tx, found.filter(isGone));
  return taken.length;
}

const linkStatement: RowStatement = {
  columns: { arrival_id: 'bigint', send_id: 'bigint' },
  body: (_, row) =>
    sql`UPDATE arrivals SET send_id = ${row.of('send_id')} ${row.from()} WHERE arrivals.id = ${row.of('arrival_id')}
      AND EXISTS (SELECT 1 FROM sends s WHERE s.id = ${row.of('send_id')})`,
};

/** From now on a mail is found by the letter that it is about, when its customer is exported or erased. */
async function linkMails(tx: Database, judged: readonly Judged[]): Promise<void> {
  const rows = judged.flatMap((one): BulkRow[] => {
    const about = letterOfMail(one);
    return about === undefined ? [] : [[one.arrivalId, about.sendId]];
  });
  if (rows.length > 0) await tx.forEach(linkStatement, rows);
}

/** Nothing is kept of what the reader of a letter does whose customer was erased. */
async function emptyHits(tx: Database, judged: readonly Judged[]): Promise<void> {
  if (judged.length === 0) return;
  const { arrivals } = tx.tables;
  const ids = judged.map((one) => one.arrivalId);
  await tx.orm
    .update(arrivals)
    .set({ facts: {} })
    .where(and(inArray(arrivals.id, ids), ne(arrivals.kind, 'mail')));
}

/** Those of the arrivals that are still to be folded and that no other folder has in hand. */
async function take(tx: Database, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.rows<{ id: number }>(sql`
    SELECT id FROM arrivals WHERE state = 'new' AND id IN (${sql.join(
      ids.map((id) => sql`${id}`),
      sql`, `,
    )}) ORDER BY id ${tx.phrases.skipLocked()}`);
  return new Set(rows.map((row) => row.id));
}

const happenedOf = ({ finding }: { readonly finding: Finding }): Happened[] =>
  finding.state === 'folded' && finding.happened !== undefined ? [finding.happened] : [];

/** One update for each state and note, which are few. */
async function mark(tx: Database, judged: readonly Judged[]): Promise<void> {
  const { arrivals } = tx.tables;
  const groups = new Map<string, { state: string; note: string | null; ids: number[] }>();
  for (const { arrivalId, finding } of judged) {
    const note = finding.note ?? null;
    const key = `${finding.state} ${note}`;
    const group = groups.get(key) ?? { state: finding.state, note, ids: [] };
    group.ids.push(arrivalId);
    groups.set(key, group);
  }
  for (const { state, note, ids } of groups.values()) {
    await tx.orm.update(arrivals).set({ state, note }).where(inArray(arrivals.id, ids));
  }
}
