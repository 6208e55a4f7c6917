import { createHash, randomUUID } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import type { FollowLease, FollowStore } from '../segments/follow.ts';
import { resolveRule } from '../segments/resolve.ts';
import type { Rule } from '../segments/rule.ts';
import type { RuleSettings } from '../segments/settings.ts';
import type { BulkInsert, Database, Store } from './database.ts';
import { canonical, savedRules } from './segment-library.ts';
import { addOwnEvents } from './timeline.ts';

const CHUNK = 1000;

const addMembers: BulkInsert = {
  into: 'segment_members',
  columns: { segment: 'text', profile_id: 'int' },
  tail: 'ON CONFLICT (segment, profile_id) DO NOTHING RETURNING profile_id',
};

/** Followed segments over the tables `segments`, `segment_members` and `events`. */
export function followStore(store: Store, settings: RuleSettings): FollowStore {
  return {
    due: async (now, everyMs) => {
      const rows = await store.rows(
        sql`SELECT name FROM segments WHERE ${isFree(store)} AND (followed_at IS NULL OR followed_at <= ${now - everyMs}) LIMIT 1`,
      );
      return rows.length > 0;
    },
    lease: (now, everyMs, leaseMs) => store.transaction((tx) => lease(tx, settings, now, everyMs, leaseMs)),
    known: async function* (segment) {
      const query = sql`SELECT profile_id AS id FROM segment_members WHERE segment = ${segment} ORDER BY profile_id`;
      for await (const rows of store.scan<{ id: number }>(query, CHUNK)) yield rows.map((row) => row.id);
    },
    change: (held, { entered, left }, at, leaseMs) =>
      store.transaction(async (tx) => {
        const until = sql`${tx.phrases.now()} + CAST(${leaseMs} AS bigint)`;
        if ((await tx.run(sql`UPDATE segments SET follow_until = ${until} WHERE ${isMine(held)}`)) === 0)
          return false;
        await enter(tx, held, entered, at);
        await leave(tx, held, left, at);
        return true;
      }),
    done: async (held, at) => {
      await store.run(sql`
        UPDATE segments SET followed_rule = ${ruleHash(held.rule, settings)}, followed_at = ${at}, follow_lease = NULL, follow_until = NULL
        WHERE ${isMine(held)}`);
    },
  };
}

const isMine = ({ segment, token }: FollowLease): SQL => sql`name = ${segment} AND follow_lease = ${token}`;

const isFree = ({ phrases }: Database): SQL =>
  sql`follow = 1 AND (follow_until IS NULL OR follow_until < ${phrases.now()})`;

interface Row {
  readonly name: string;
  readonly followed_rule: string | null;
  readonly followed_at: number | null;
}

async function lease(
  tx: Database,
  settings: RuleSettings,
  now: number,
  everyMs: number,
  leaseMs: number,
): Promise<FollowLease | undefined> {
  const rows = await tx.rows<Row>(
    sql`SELECT name, followed_rule, followed_at FROM segments WHERE ${isFree(tx)} ORDER BY followed_at, name ${tx.phrases.skipLocked()}`,
  );
  if (rows.length === 0) return undefined;
  const saved = await savedRules(tx);
  for (const { name, followed_rule, followed_at } of rows) {
    const rule = resolved(name, saved);
    if (rule === undefined) continue;
    const baseline = followed_rule !== ruleHash(rule, settings);
    if (!baseline && followed_at !== null && followed_at > now - everyMs) continue;
    const token = randomUUID();
    await tx.run(sql`
      UPDATE segments SET follow_lease = ${token}, follow_until = ${tx.phrases.now()} + CAST(${leaseMs} AS bigint)
      WHERE name = ${name}`);
    return { segment: name, rule, token, baseline };
  }
  return undefined;
}

/** A segment that points at one that was taken away in spite of it must not hold up the others. */
function resolved(name: string, saved: ReadonlyMap<string, Rule>) {
  try {
    return resolveRule({ segment: name }, saved);
  } catch {
    return undefined;
  }
}

/** What members depend on besides what customers do. */
function ruleHash(rule: Rule, settings: RuleSettings): string {
  return createHash('sha256').update(canonical({ rule, settings })).digest('base64url');
}

/** Profiles that were erased between the look and now are left out. */
async function enter(tx: Database, held: FollowLease, ids: readonly number[], at: number): Promise<void> {
  if (ids.length === 0) return;
  const there = await existing(tx, ids);
  const { rows } = await tx.insertMany<{ profile_id: number }>(
    addMembers,
    there.map((id) => [held.segment, id]),
  );
  await tell(tx, held, 'entered', rows, at);
}

async function leave(tx: Database, held: FollowLease, ids: readonly number[], at: number): Promise<void> {
  if (ids.length === 0) return;
  const rows = await tx.rows<{ profile_id: number }>(sql`
    DELETE FROM segment_members WHERE segment = ${held.segment} AND profile_id IN ${tx.phrases.numbers(ids)}
    RETURNING profile_id`);
  const there = new Set(
    await existing(
      tx,
      rows.map((row) => row.profile_id),
    ),
  );
  await tell(
    tx,
    held,
    'left',
    rows.filter((row) => there.has(row.profile_id)),
    at,
  );
}

async function existing(tx: Database, ids: readonly number[]): Promise<number[]> {
  const rows = await tx.rows<{ id: number }>(
    sql`SELECT id FROM profiles WHERE id IN ${tx.phrases.numbers(ids)} ORDER BY id`,
  );
  return rows.map((row) => row.id);
}

async function tell(
  tx: Database,
  { segment, baseline }: FollowLease,
  type: 'entered' | 'left',
  rows: readonly { readonly profile_id: number }[],
  at: number,
): Promise<void> {
  if (baseline) return;
  const events = rows.map(({ profile_id: profileId }) => {
    return { key: `${type}:${segment}:${profileId}:${at}`, profileId, type, properties: { segment } };
  });
  await addOwnEvents(tx, events, at);
}
