import type Sqlite from 'better-sqlite3';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { Mark, MarkKind } from '../profiles/mark.ts';

/** Addresses whose profile is remembered from one transaction to the next; some 5 MB. */
const REMEMBERED = 50_000;

/** Whose address is whose, in the thread for bulk work. What it tells holds until the transaction ends. */
export class BulkPeople {
  readonly #handle: Sqlite.Database;
  readonly #mark: Mark;
  readonly #byEmail: Sqlite.Statement;
  readonly #byFormer: Sqlite.Statement;
  readonly #currentOf: Sqlite.Statement;
  readonly #anyFormer: Sqlite.Statement;
  readonly #anyErased: Sqlite.Statement;
  readonly #suppressed: Sqlite.Statement;
  readonly #add: Sqlite.Statement;
  readonly #known = new Map<string, number>();
  #version: unknown;
  #hasFormer = false;
  #hasErased = false;

  constructor(handle: Sqlite.Database, mark: Mark) {
    this.#handle = handle;
    this.#mark = mark;
    this.#byEmail = handle.prepare('SELECT id FROM profiles WHERE email = ?').pluck();
    this.#byFormer = handle
      .prepare(`SELECT profile_id FROM external_ids WHERE source = '${FORMER_EMAIL}' AND value = ?`)
      .pluck();
    this.#currentOf = handle
      .prepare(`SELECT p.email FROM external_ids x JOIN profiles p ON p.id = x.profile_id
        WHERE x.source = '${FORMER_EMAIL}' AND x.value = ? AND p.email IS NOT NULL`)
      .pluck();
    this.#anyFormer = handle
      .prepare(`SELECT 1 FROM external_ids WHERE source = '${FORMER_EMAIL}' LIMIT 1`)
      .pluck();
    this.#anyErased = handle.prepare("SELECT 1 FROM suppressions WHERE reason = 'erased' LIMIT 1").pluck();
    this.#suppressed = handle.prepare('SELECT 1 FROM suppressions WHERE address = ?').pluck();
    this.#add = handle.prepare(
      "INSERT INTO profiles (email, attributes, created_at, updated_at) VALUES (?, '{}', ?, ?)",
    );
  }

  /** To be called first in each transaction, which keeps others from writing. */
  begin(): void {
    // It changes when another handle has committed: somebody may have merged, moved or erased whom we remember.
    const version = this.#handle.pragma('data_version', { simple: true });
    if (version !== this.#version || this.#known.size > REMEMBERED) this.#known.clear();
    this.#version = version;
    this.#hasFormer = this.#anyFormer.get() !== undefined;
    this.#hasErased = this.#anyErased.get() !== undefined;
  }

  /** Forgets what a transaction that was rolled back may have taught. */
  forget(): void {
    this.#known.clear();
  }

  /** The profile that has the address, or had it before; none where the person was erased. */
  find(address: string): number | undefined {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    // Somebody may have signed the address up again, without having confirmed it.
    if (this.isErased(address)) return undefined;
    const found = this.#byEmail.get(address) ?? (this.#hasFormer ? this.#byFormer.get(address) : undefined);
    if (typeof found !== 'number') return undefined;
    this.#known.set(address, found);
    return found;
  }

  /** The address that the profile has now which had this one before; else the address itself. */
  current(address: string): string {
    const found = this.#hasFormer ? this.#currentOf.get(address) : undefined;
    return typeof found === 'string' ? found : address;
  }

  get hasFormer(): boolean {
    return this.#hasFormer;
  }

  /** Whether the person was erased whose address (or external id, as `keyOf` has it) this was. */
  isErased(identifier: string, kind: MarkKind = 'address'): boolean {
    return this.#hasErased && this.#suppressed.get(this.#mark(kind, identifier)) !== undefined;
  }

  /** Makes a bare profile for an address that nobody has. */
  add(address: string, now: number): number {
    const id = Number(this.#add.run(address, now, now).lastInsertRowid);
    this.#known.set(address, id);
    return id;
  }
}
