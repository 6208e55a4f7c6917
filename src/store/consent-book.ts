import { and, inArray, isNotNull } from 'drizzle-orm';
import type { Consent } from '../profiles/consent.ts';
import type { BulkInsert, BulkRow, Database } from './database.ts';
import {
  consentColumns,
  consentOf,
  consentRow,
  Standing,
  type StatedAhead,
  statementColumns,
  statementKey,
  statementRow,
} from './standing.ts';

const setState: BulkInsert = {
  into: 'consents',
  columns: consentColumns,
  tail: `ON CONFLICT (profile_id, topic) DO UPDATE
    SET state = excluded.state, at = excluded.at, source = excluded.source,
      wording = excluded.wording, proof = excluded.proof`,
};
const addHistory: BulkInsert = { into: 'consent_changes', columns: statementColumns };

/** The standings of the given profiles, which the transaction has locked. */
export async function readStandings(
  tx: Database,
  profileIds: readonly number[],
): Promise<Map<number, Standing>> {
  const consents = await readConsents(tx, profileIds);
  const ahead = await readAhead(tx, [...consents.keys()]);
  return new Map(profileIds.map((id) => [id, new Standing(consents.get(id), ahead.get(id))]));
}

async function readAhead(tx: Database, profileIds: readonly number[]): Promise<Map<number, StatedAhead[]>> {
  if (profileIds.length === 0) return new Map();
  const { profileId, topic, state, statedAt } = tx.tables.consentChanges;
  const rows = await tx.orm
    .select({ profileId, topic, state, statedAt })
    .from(tx.tables.consentChanges)
    .where(and(inArray(profileId, tx.phrases.numbers(profileIds)), isNotNull(statedAt)));
  const found = rows.flatMap((row) => (row.statedAt === null ? [] : [{ ...row, statedAt: row.statedAt }]));
  return grouped(found, (row) => row);
}

async function readConsents(tx: Database, profileIds: readonly number[]): Promise<Map<number, Consent[]>> {
  const { consents } = tx.tables;
  if (profileIds.length === 0) return new Map();
  const rows = await tx.orm
    .select()
    .from(consents)
    .where(inArray(consents.profileId, tx.phrases.numbers(profileIds)));
  return grouped(rows, consentOf);
}

/** Writes what the standings took. @returns how many statements were recorded */
export async function saveStandings(tx: Database, standings: ReadonlyMap<number, Standing>): Promise<number> {
  const rows = (pick: (standing: Standing) => readonly Consent[], row: typeof consentRow) =>
    [...standings].flatMap(([id, standing]) => pick(standing).map((consent) => row(id, consent)));
  const older = await unknownStatements(tx, standings);
  const history = [...rows((standing) => standing.newer(), statementRow), ...older];
  if (history.length === 0) return 0;
  await tx.insertMany(
    setState,
    rows((standing) => standing.states(), consentRow),
  );
  await tx.insertMany(addHistory, history);
  return history.length;
}

/** Older statements that the history does not hold yet. */
async function unknownStatements(tx: Database, standings: ReadonlyMap<number, Standing>): Promise<BulkRow[]> {
  const ids = [...standings].filter(([, standing]) => standing.older().length > 0).map(([id]) => id);
  if (ids.length === 0) return [];
  const { consentChanges } = tx.tables;
  const stored = await tx.orm
    .select()
    .from(consentChanges)
    .where(inArray(consentChanges.profileId, tx.phrases.numbers(ids)));
  const seen = new Set(stored.map((row) => statementKey(row.profileId, row)));
  const fresh: BulkRow[] = [];
  for (const id of ids) {
    for (const consent of standings.get(id)?.older() ?? []) {
      const key = statementKey(id, consent);
      if (seen.has(key)) continue;
      seen.add(key);
      fresh.push(statementRow(id, consent));
    }
  }
  return fresh;
}

function grouped<R extends { readonly profileId: number }, T>(
  rows: readonly R[],
  read: (row: R) => T,
): Map<number, T[]> {
  const byProfile = new Map<number, T[]>();
  for (const row of rows) {
    const list = byProfile.get(row.profileId);
    if (list) list.push(read(row));
    else byProfile.set(row.profileId, [read(row)]);
  }
  return byProfile;
}
