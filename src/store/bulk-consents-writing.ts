import type Sqlite from 'better-sqlite3';
import { type Consent, type ConsentChange, effectOf } from '../profiles/consent.ts';
import type { PackedProfiles } from './bulk-packing.ts';
import {
  type ConsentRow,
  consentOf,
  consentRow,
  consentState,
  Standing,
  type StatedAhead,
  statementKey,
  statementRow,
} from './standing.ts';

const COLUMNS = 'profile_id, topic, state, at, source, wording, proof';

/** Consents and their history, in the thread for bulk work. */
export class BulkConsents {
  readonly #add: Sqlite.Statement;
  readonly #set: Sqlite.Statement;
  readonly #tell: Sqlite.Statement;
  readonly #tellAdded: Sqlite.Statement;
  readonly #last: Sqlite.Statement;
  readonly #of: Sqlite.Statement;
  readonly #history: Sqlite.Statement;
  readonly #current: Sqlite.Statement;
  readonly #ahead: Sqlite.Statement;
  /** The last row whose statement is in the history. */
  #told = 0;

  constructor(handle: Sqlite.Database) {
    const values = 'VALUES (?, ?, ?, ?, ?, ?, ?)';
    this.#add = handle.prepare(`INSERT INTO consents (${COLUMNS}) ${values}`);
    this.#set = handle.prepare(`INSERT INTO consents (${COLUMNS}) ${values}
      ON CONFLICT (profile_id, topic) DO UPDATE SET state = excluded.state, at = excluded.at,
        source = excluded.source, wording = excluded.wording, proof = excluded.proof`);
    this.#tell = handle.prepare(`INSERT INTO consent_changes (${COLUMNS}, stated_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#tellAdded = handle.prepare(`INSERT INTO consent_changes (${COLUMNS})
      SELECT ${COLUMNS} FROM consents WHERE rowid > ? ORDER BY rowid`);
    this.#last = handle.prepare('SELECT coalesce(max(rowid), 0) FROM consents').pluck();
    this.#of = handle.prepare('SELECT * FROM consents WHERE profile_id = ?');
    this.#current = handle.prepare('SELECT state, at FROM consents WHERE profile_id = ? AND topic = ?').raw();
    this.#ahead = handle.prepare(`SELECT topic, state, stated_at AS statedAt FROM consent_changes
      WHERE profile_id = ? AND stated_at IS NOT NULL`);
    this.#history = handle.prepare('SELECT topic, state, at FROM consent_changes WHERE profile_id = ?');
  }

  /** To be called first in each transaction. */
  begin(): void {
    this.#told = this.#lastRow();
  }

  /** To be called last in it: what `addFirst` added becomes history in one stroke. */
  end(): void {
    this.#tellAdded.run(this.#told);
  }

  standingOf(profileId: number): Standing {
    // The statement names its columns after the fields.
    return new Standing(this.#consentsOf(profileId), this.#ahead.all(profileId) as StatedAhead[]);
  }

  #consentsOf(profileId: number): Consent[] {
    // The columns are those of the table, whose names but for one have no second word.
    return (this.#of.all(profileId) as Omit<ConsentRow, 'profileId'>[]).map((row) =>
      consentOf({ ...row, profileId }),
    );
  }

  /** Whether a statement says nothing that is not known. */
  isKnown(profileId: number, change: ConsentChange, now: number): boolean {
    // The statement is raw: the state and its moment.
    const [state, at] = (this.#current.get(profileId, change.topic) as [string, number] | undefined) ?? [];
    if (state === undefined || at === undefined) return false;
    const current = { topic: change.topic, state: consentState(state), at, source: '' };
    return effectOf(current, change, now) === 'nothing';
  }

  /** The only statement about a profile that is new; its moment has passed. */
  addFirst(profileId: number, { consents, now }: PackedProfiles, at: number): void {
    const moment = consents.moments[at] ?? Number.NaN;
    const text = (column: Int32Array) => consents.texts[column[at] ?? -1] ?? null;
    this.#add.run(
      profileId,
      text(consents.topics),
      text(consents.states),
      Number.isNaN(moment) ? now : moment,
      text(consents.sources),
      text(consents.wordings),
      text(consents.proofs),
    );
  }

  /** What a standing took. */
  save(profileId: number, standing: Standing): void {
    const [newer, older] = [standing.newer(), standing.older()];
    if (newer.length + older.length === 0) return;
    const seen = new Set(older.length === 0 ? [] : this.#statements(profileId));
    // Its history is written here, so what waits to become history must not take its rows along.
    this.end();
    for (const consent of standing.states()) this.#set.run(...consentRow(profileId, consent));
    this.#told = this.#lastRow();
    for (const consent of newer) this.#tell.run(...statementRow(profileId, consent));
    for (const consent of older) {
      const key = statementKey(profileId, consent);
      if (seen.has(key)) continue;
      seen.add(key);
      this.#tell.run(...statementRow(profileId, consent));
    }
  }

  #statements(profileId: number): string[] {
    const rows = this.#history.all(profileId) as { topic: string; state: string; at: number }[];
    return rows.map((row) => statementKey(profileId, row));
  }

  #lastRow(): number {
    return Number(this.#last.get());
  }
}
