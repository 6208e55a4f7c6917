import { inArray } from 'drizzle-orm';
import type { Consent } from '../profiles/consent.ts';
import type { BulkInsert, BulkRow, Database } from './database.ts';
import {
  type ConsentRow,
  consentColumns,
  consentOf,
  consentRow,
  Standing,
  statementKey,
} from './standing.ts';

const setState: BulkInsert = {
  into: 'consents',
  columns: consentColumns,
  tail: `ON CONFLICT (profile_id, topic) DO UPDATE
    SET state = excluded.state, at = excluded.at, source = excluded.source,
      wording = excluded.wording, proof = excluded.proof`,
};
const addHistory: BulkInsert = { into: 'consent_changes', columns: consentColumns };

/** The standings of the given profiles, which the transaction has locked. */
export async function readStandings(
  tx: Database,
  profileIds: readonly number[],
): Promise<Map<number, Standing>> {
  const consents = await readConsents(tx, profileIds);
  return new Map(profileIds.map((id) => [id, new Standing(consents.get(id))]));
}

async function readConsents(tx: Database, profileIds: readonly number[]): Promise<Map<number, Consent[]>> {
  const { consents } = tx.tables;
  if (profileIds.length === 0) return new Map();
  const rows = await tx.orm
    .select()
    .from(consents)
    .where(inArray(consents.profileId, tx.phrases.numbers(profileIds)));
  return grouped(rows);
}

/** Writes what the standings took. @returns how many statements were recorded */
export async function saveStandings(tx: Database, standings: ReadonlyMap<number, Standing>): Promise<number> {
  const rows = (pick: (standing: Standing) => readonly Consent[]) =>
    [...standings].flatMap(([id, standing]) => pick(standing).map((consent) => consentRow(id, consent)));
  const older = await unknownStatements(tx, standings);
  const history = [...rows((standing) => standing.newer()), ...older];
  if (history.length === 0) return 0;
  await tx.insertMany(
    setState,
    rows((standing) => standing.states()),
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
      fresh.push(consentRow(id, consent));
    }
  }
  return fresh;
}

function grouped(rows: readonly ConsentRow[]): Map<number, Consent[]> {
  const byProfile = new Map<number, Consent[]>();
  for (const row of rows) {
    const list = byProfile.get(row.profileId);
    if (list) list.push(consentOf(row));
    else byProfile.set(row.profileId, [consentOf(row)]);
  }
  return byProfile;
}
