import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { ArrivalStore, Finding, Happened, Judged } from '../tracking/arrivals.ts';
import type { Database } from './database.ts';
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
  const found = judged.filter((one) => mine.has(one.arrivalId));
  const known = await applyHappened(tx, found.flatMap(happenedOf), now);
  await mark(
    tx,
    found.map(({ arrivalId, finding }) => {
      const [happened] = happenedOf({ finding });
      const gone = happened !== undefined && !known.has(happened.sendId);
      return {
        arrivalId,
        finding: gone ? { state: 'unmatched', note: 'its letter is no longer kept' } : finding,
      };
    }),
  );
  return found.length;
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
