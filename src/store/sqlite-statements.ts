import { setTimeout as wait } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';

const KEPT_STATEMENTS = 500;
const BUSY_FOR_MS = 15_000;

/** Prepares each text once; better-sqlite3 takes longer to prepare most of ours than to run them. */
export class Statements {
  readonly #handle: Sqlite.Database;
  readonly #kept = new Map<string, Sqlite.Statement>();

  constructor(handle: Sqlite.Database) {
    this.#handle = handle;
  }

  get(text: string): Sqlite.Statement {
    const known = this.#kept.get(text);
    if (known !== undefined) return known;
    const fresh = this.#handle.prepare(text);
    if (this.#kept.size >= KEPT_STATEMENTS) this.#kept.clear();
    this.#kept.set(text, fresh);
    return fresh;
  }
}

/** What better-sqlite3 takes as a parameter, from what drizzle hands over. */
export function bound(params: readonly unknown[]): unknown[] {
  return params.map((value) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    return value === undefined ? null : value;
  });
}

/**
 * Tries again while another process writes. The wait is ours rather than SQLite's `busy_timeout`, which
 * would stop the event loop, and with it the renewing of leases and the answering of readers.
 */
export async function patiently<T>(work: () => T): Promise<T> {
  const until = performance.now() + BUSY_FOR_MS;
  for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await wait(pause + Math.random() * pause);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
