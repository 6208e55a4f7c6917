import { inArray } from 'drizzle-orm';
import {
  type Consent,
  type ConsentChange,
  type ConsentState,
  effectOf,
  momentOf,
} from '../profiles/consent.ts';
import type { BulkInsert, BulkRow, Database } from './database.ts';

const columns = {
  profile_id: 'int',
  topic: 'text',
  state: 'text',
  at: 'int',
  source: 'text',
  wording: 'text',
  proof: 'text',
} as const;

const setState: BulkInsert = {
  into: 'consents',
  columns,
  tail: `ON CONFLICT (profile_id, topic) DO UPDATE
    SET state = excluded.state, at = excluded.at, source = excluded.source,
      wording = excluded.wording, proof = excluded.proof`,
};
const addHistory: BulkInsert = { into: 'consent_changes', columns };

/** Where one profile stands with its topics, while statements about it are taken in one transaction. */
export class Standing {
  readonly #current: Map<string, Consent>;
  readonly #changed = new Set<string>();
  readonly #newer: Consent[] = [];
  readonly #older: Consent[] = [];

  constructor(current: Iterable<Consent> = []) {
    this.#current = new Map([...current].map((consent) => [consent.topic, consent]));
  }

  /** Takes one statement; true when it became the state. */
  take(change: ConsentChange, now: number): boolean {
    const current = this.#current.get(change.topic);
    const effect = effectOf(current, change);
    if (effect === 'nothing') return false;
    const consent = { ...change, at: momentOf(current, change, now) };
    if (effect === 'history') {
      this.#older.push(consent);
      return false;
    }
    this.#current.set(change.topic, consent);
    this.#changed.add(change.topic);
    this.#newer.push(consent);
    return true;
  }

  states(): Consent[] {
    return [...this.#current.values()].filter((consent) => this.#changed.has(consent.topic));
  }

  newer(): readonly Consent[] {
    return this.#newer;
  }

  older(): readonly Consent[] {
    return this.#older;
  }
}

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
    [...standings].flatMap(([id, standing]) => pick(standing).map((consent) => bulkRow(id, consent)));
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
      fresh.push(bulkRow(id, consent));
    }
  }
  return fresh;
}

const statementKey = (id: number, consent: { topic: string; state: string; at: number }) =>
  `${id} ${consent.topic} ${consent.state} ${consent.at}`;

const bulkRow = (id: number, consent: Consent): BulkRow => [
  id,
  consent.topic,
  consent.state,
  consent.at,
  consent.source,
  consent.wording ?? null,
  consent.proof ?? null,
];

export interface ConsentRow {
  readonly profileId: number;
  readonly topic: string;
  readonly state: string;
  readonly at: number;
  readonly source: string;
  readonly wording: string | null;
  readonly proof: string | null;
}

/** A row as the domain has it. */
export function consentOf(row: ConsentRow): Consent {
  const { topic, at, source, wording, proof } = row;
  return {
    topic,
    state: consentState(row.state),
    at,
    source,
    ...(wording === null ? {} : { wording }),
    ...(proof === null ? {} : { proof }),
  };
}

/** Whatever is not known to be an agreement counts as none. */
export function consentState(text: string): ConsentState {
  return text === 'in' || text === 'pending' ? text : 'out';
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
