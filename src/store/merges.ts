import { sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import type { Merged, MergeNote } from '../profiles/identity.ts';
import type { JsonObject } from '../profiles/json.ts';
import type { Suppression } from '../profiles/port.ts';
import { carriedOver, unite } from '../profiles/unite.ts';
import type { Database, RowStep } from './database.ts';
import { type HeldConsent, moveConsents } from './merge-consents.ts';
import * as write from './merge-statements.ts';
import { bulkRow, lock, type ProfileRow, profileOf, rowOf } from './profile-rows.ts';
import { untilAlone } from './races.ts';
import { addOwnEvents } from './timeline.ts';

const SETTLED_AT_ONCE = 500;

/** Two profiles that are to be one. */
export interface Pair {
  readonly survivor: number;
  readonly merged: number;
}

/**
 * Merges profiles into others, inside the caller's transaction, in the order of the pairs. The old ids lead to the
 * survivors from then on, and so do the old addresses.
 * @throws DearError `profile.unknown`
 */
export async function mergeProfiles(
  tx: Database,
  pairs: readonly Pair[],
  note: MergeNote,
  now: number,
): Promise<Merged[]> {
  const merged: Merged[] = [];
  for (const round of roundsOf(pairs)) merged.push(...(await mergeRound(tx, round, note, now)));
  return merged;
}

/** Pairs that can be merged at once, because no profile is in two of them; one lot after the other. */
function roundsOf(pairs: readonly Pair[]): readonly (readonly Pair[])[] {
  const rounds: Pair[][] = [];
  const latest = new Map<number, number>();
  for (const pair of pairs) {
    const place = 1 + Math.max(latest.get(pair.survivor) ?? -1, latest.get(pair.merged) ?? -1);
    rounds[place] = [...(rounds[place] ?? []), pair];
    latest.set(pair.survivor, place).set(pair.merged, place);
  }
  return rounds;
}

/** A pair with what is known of both. */
interface Two extends Pair {
  readonly stays: ProfileRow;
  readonly goes: ProfileRow;
}

async function mergeRound(
  tx: Database,
  pairs: readonly Pair[],
  note: MergeNote,
  now: number,
): Promise<Merged[]> {
  const { profiles, consents, suppressions } = await readBoth(tx, pairs);
  const twos = pairs.map(({ survivor, merged }): Two => {
    const [stays, goes] = [profiles.get(survivor), profiles.get(merged)];
    if (stays === undefined) throw unknownProfile(survivor);
    if (goes === undefined) throw unknownProfile(merged);
    return { survivor, merged, stays, goes };
  });
  const rows = pairs.map(rowOfPair);
  const united = twos.map((two) => ({ two, ...unite(profileOf(two.stays), profileOf(two.goes)) }));
  const counts = await moveEverything(tx, pairs, consents, [
    { statement: write.dropProfile, rows },
    {
      statement: write.writeSurvivor,
      rows: united.map(({ two: { stays, goes }, state }) => [
        stays.id,
        ...bulkRow(stays.email ?? goes.email, state, now).slice(0, -2),
        Math.min(stays.createdAt, goes.createdAt),
        now,
      ]),
    },
    ...addressSteps(twos, suppressions, now),
    ...write.leadOn.map((statement) => ({ statement, rows })),
    { statement: write.keepId, rows: rows.map((row) => [...row, now]) },
  ]);
  const done = united.map(({ two: { survivor, merged, goes }, overridden }) => {
    const email = goes.email ?? undefined;
    const moved = counts.get(survivor) ?? { events: 0, sends: 0 };
    const kept = Object.entries(overridden).filter(([, values]) => Object.keys(values).length > 0);
    const properties: JsonObject = {
      profile: merged,
      ...(email === undefined ? {} : { email }),
      ...note,
      ...moved,
      // It came from the database as JSON and goes back as JSON.
      ...(Object.fromEntries(kept) as JsonObject),
    };
    return { merged: { survivor, merged, email, ...moved }, properties };
  });
  const entries = done.map(({ merged: { survivor, merged }, properties }) => ({
    key: `merged:${merged}`,
    profileId: survivor,
    type: 'merged' as const,
    properties,
  }));
  await addOwnEvents(tx, entries, now);
  return done.map((one) => one.merged);
}

const rowOfPair = ({ survivor, merged }: Pair) => [survivor, merged];

/** Locks the profiles of the pairs, and reads what is decided by. */
async function readBoth(tx: Database, pairs: readonly Pair[]) {
  const ids = pairs.flatMap(rowOfPair).sort((a, b) => a - b);
  const rows = ids.map((id) => [id]);
  // Asked for at once, and done one after the other.
  const [, found] = await Promise.all([
    lock(tx, ids),
    tx.inOne([
      { statement: write.readProfiles, rows },
      { statement: write.readConsents, rows },
      { statement: write.readSuppressions, rows },
    ]),
  ]);
  const [profiles, consents, suppressions] = found as [ProfileRow[], HeldConsent[], Suppression[]];
  return {
    profiles: new Map(profiles.map((row) => [row.id, rowOf(row)])),
    consents,
    suppressions: new Map(suppressions.map((row) => [row.address, row])),
  };
}

/** @returns DearError `profile.unknown` */
function unknownProfile(id: number): DearError {
  return new DearError('profile.unknown', `There is no profile ${id}.`, {
    mend: '`dear profile show EMAIL` names the id of a profile.',
  });
}

/**
 * What hangs on a profile's id.
 * @param more what is to be done in the same trip, afterwards
 * @returns how much went over, by survivor
 */
async function moveEverything(
  tx: Database,
  pairs: readonly Pair[],
  consents: readonly HeldConsent[],
  more: readonly RowStep[] = [],
): Promise<Map<number, { events: number; sends: number }>> {
  const rows = pairs.map(rowOfPair);
  const { dropTwins, markBoth, moveEvents, exchangeSends, moveTheRest } = write;
  const statements = [dropTwins, markBoth, moveEvents, ...exchangeSends, ...moveTheRest];
  const locks = tx.phrases.name === 'postgres' ? [{ statement: write.lockSends, rows }] : [];
  const all = await tx.inOne([
    ...locks,
    ...statements.map((statement) => ({ statement, rows })),
    ...moveConsents(pairs, consents),
    ...more,
  ]);
  const found = all.slice(locks.length);
  const counts = new Map(pairs.map(({ survivor }) => [survivor, { events: 0, sends: 0 }]));
  for (const [place, statement] of statements.entries()) {
    for (const { survivor } of (found[place] ?? []) as { survivor: number }[]) {
      const count = counts.get(survivor);
      if (count !== undefined) count[statement === moveEvents ? 'events' : 'sends'] += 1;
    }
  }
  return counts;
}

/** The address that the survivor does not take over leads to it as a former one. */
function addressSteps(
  twos: readonly Two[],
  suppressions: ReadonlyMap<string, Suppression>,
  now: number,
): RowStep[] {
  const left = twos.flatMap(({ stays, goes }) =>
    stays.email === null || goes.email === null ? [] : [{ id: stays.id, to: stays.email, from: goes.email }],
  );
  const taken = twos.filter(({ stays, goes }) => stays.email === null && goes.email !== null);
  const carried = left.flatMap(({ from, to }) => {
    const one = suppressions.get(from);
    const held = one && carriedOver(one, to);
    return held === undefined ? [] : [[held.address, held.reason, held.source, held.at]];
  });
  return [
    { statement: write.recallSends, rows: taken.map(({ stays }) => [stays.id]) },
    { statement: write.keepAddress, rows: left.map(({ id, from }) => [from, id, now]) },
    { statement: write.suppress, rows: carried },
  ];
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
  const late = waiting.filter((row) => row.late === 1);
  for (const round of roundsOf(late.map(({ id, survivor }) => ({ survivor, merged: id })))) {
    await untilAlone(() =>
      db.transaction(async (tx) => {
        const { consents } = await readBoth(tx, round);
        await moveEverything(tx, round, consents);
      }),
    );
  }
  if (waiting.length > 0) {
    const ids = db.phrases.numbers(waiting.map((row) => row.id));
    await db.run(sql`UPDATE merged_profiles SET settled_at = ${now} WHERE id IN ${ids}`);
  }
  return waiting.length;
}
