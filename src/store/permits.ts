import { sql } from 'drizzle-orm';
import { readHolds, writeHolds } from '../delivery/permit-text.ts';
import type { PermitChange, Permits, RateState } from '../delivery/permits.ts';
import type { Database } from './database.ts';
import { postponeStatement } from './send-statements.ts';

const QUIET_MS = 86_400_000;

/** The limits that all workers share, on either database. */
export function permitStore(db: Database): Permits {
  return {
    change: (keys, token, decide) => change(db, keys, token, decide),
    slowed: async (withinMs) => {
      const rows = await db.rows<RateRow>(sql`SELECT ${columns} FROM rates
        WHERE paced_at > ${db.phrases.now()} - ${withinMs}`);
      return new Map(rows.map((row) => [row.key, toState(row)]));
    },
    tidy: async () => {
      await db.run(sql`DELETE FROM rates
        WHERE tat < ${db.phrases.now()} - ${QUIET_MS} AND paced_at < ${db.phrases.now()} - ${QUIET_MS}`);
    },
  };
}

const columns = sql`key, tat, used, pace, paused_until, strikes, paced_at, holds`;

interface RateRow {
  key: string;
  tat: number;
  used: number;
  pace: number | null;
  paused_until: number;
  strikes: number;
  paced_at: number;
  holds: string | null;
}

function toState(row: RateRow): RateState {
  return {
    tat: row.tat,
    used: row.used,
    pace: row.pace ?? undefined,
    pausedUntil: row.paused_until,
    strikes: row.strikes,
    pacedAt: row.paced_at,
    holds: readHolds(row.holds),
  };
}

async function change<T extends PermitChange>(
  db: Database,
  keys: readonly string[],
  token: string | undefined,
  decide: (states: ReadonlyMap<string, RateState>, now: number) => T,
): Promise<T> {
  return db.transaction(async (tx) => {
    const { states, now } = await hold(tx, [...new Set(keys)].sort());
    const decided = decide(states, now);
    if (decided.states.size > 0) await write(tx, decided.states);
    if (token !== undefined && decided.waits.length > 0) {
      await tx.forEach(
        postponeStatement,
        decided.waits.map(({ id, dueAt }) => [id, token, dueAt]),
      );
    }
    return decided;
  });
}

/** Locks the rows in the order of their keys, and makes those that are missing. The clock is read under the lock. */
async function hold(tx: Database, keys: readonly string[]) {
  const fresh = keys.map((key) => sql`(${key}, 0, 0, NULL, 0, 0, 0, NULL)`);
  const rows = await tx.rows<RateRow & { now: number }>(sql`
    INSERT INTO rates (${columns}) VALUES ${sql.join(fresh, sql`, `)}
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING ${columns}, ${tx.phrases.now()} AS now`);
  const now = Math.max(...rows.map((row) => row.now));
  return { now, states: new Map(rows.map((row) => [row.key, toState(row)])) };
}

async function write(tx: Database, states: ReadonlyMap<string, RateState>): Promise<void> {
  const rows = [...states].map(
    ([key, s]) => sql`(CAST(${key} AS text), CAST(${s.tat} AS double precision), CAST(${s.used} AS bigint),
      CAST(${s.pace ?? null} AS double precision), CAST(${s.pausedUntil} AS bigint), CAST(${s.strikes} AS bigint),
      CAST(${s.pacedAt} AS bigint), CAST(${writeHolds(s.holds) ?? null} AS text))`,
  );
  await tx.run(sql`
    WITH v(rate, tat, used, pace, paused_until, strikes, paced_at, holds) AS (VALUES ${sql.join(rows, sql`, `)})
    UPDATE rates SET tat = v.tat, used = v.used, pace = v.pace, paused_until = v.paused_until,
      strikes = v.strikes, paced_at = v.paced_at, holds = v.holds
    FROM v WHERE rates.key = v.rate`);
}
