import { setTimeout as wait } from 'node:timers/promises';
import type { AuditStore } from './audit.ts';
import type { Retention } from './retention.ts';

/** One transaction's worth: some milliseconds of an embedded database. */
const CHUNK = 1000;
/** Between two chunks others get their turn. */
const PAUSE_MS = 10;

/** How many things are older than they may be, and when the oldest is from, ms. */
export interface Overdue {
  readonly count: number;
  readonly oldest: number | undefined;
}

/** What one short transaction removed; `next` is where to go on, undefined at the end. */
export interface Removed {
  readonly removed: number;
  readonly next: number | undefined;
}

/** Things of one sort that may grow old. Moments are ms since 1970. */
export interface ExpiryTable {
  overdue(before: number): Promise<Overdue>;
  /** Removes at most `limit` of them in one transaction; begin with `from` 0. */
  remove(before: number, from: number, limit: number): Promise<Removed>;
}

/** What the store does for it. */
export interface ExpiryStore {
  eventTypes(): Promise<string[]>;
  events(type: string): ExpiryTable;
  /** Raw mails and hits; those that wait to be folded are never overdue. */
  readonly arrivals: ExpiryTable;
  readonly audit: ExpiryTable;
  /** Whether it is the caller who does the chore now: at most one does in `everyMs`, of all machines. */
  takeChore(name: string, everyMs: number): Promise<boolean>;
}

/** What is too old, by what it is: the name of an event type, `arrivals`, `audit`. */
export interface Expired extends Overdue {
  readonly of: string;
  readonly period: number;
}

interface Kind {
  readonly of: string;
  readonly period: number;
  readonly table: ExpiryTable;
}

async function kindsOf(store: ExpiryStore, retention: Retention): Promise<Kind[]> {
  const types = await store.eventTypes();
  const kinds = [
    ...types.map((type) => ({ of: type, period: retention.ofEvents(type), table: store.events(type) })),
    { of: 'arrivals', period: retention.arrivals, table: store.arrivals },
    { of: 'audit', period: retention.audit, table: store.audit },
  ];
  return kinds.flatMap(({ of, period, table }) => (period === undefined ? [] : [{ of, period, table }]));
}

/** What `enforceRetention` would remove now. Everything that has a period is named, also when nothing is overdue. */
export async function previewRetention(
  store: ExpiryStore,
  retention: Retention,
  now: number,
): Promise<Expired[]> {
  const found: Expired[] = [];
  for (const { of, period, table } of await kindsOf(store, retention)) {
    found.push({ of, period, ...(await table.overdue(now - period)) });
  }
  return found;
}

/**
 * Removes what is older than its period, in chunks of one short transaction, and writes one entry into the audit log
 * when there was anything. It can be stopped, killed and repeated at any point.
 * @returns how many rows went, by what they were
 */
export async function enforceRetention(
  stores: { readonly expiry: ExpiryStore; readonly audit: Pick<AuditStore, 'add'> },
  retention: Retention,
  options: {
    readonly now: number;
    readonly by: string;
    readonly signal?: AbortSignal;
    readonly onProgress?: (removed: number) => void;
  },
): Promise<Record<string, number>> {
  const gone: Record<string, number> = {};
  const kinds = await kindsOf(stores.expiry, retention);
  try {
    for (const { of, period, table } of kinds) {
      for (let from: number | undefined = 0; from !== undefined && options.signal?.aborted !== true; ) {
        const { removed, next } = await table.remove(options.now - period, from, CHUNK);
        if (removed > 0) gone[of] = (gone[of] ?? 0) + removed;
        options.onProgress?.(removed);
        from = next;
        if (from !== undefined) await wait(PAUSE_MS);
      }
    }
  } finally {
    const subject = 'retention';
    if (Object.keys(gone).length > 0) {
      await stores.audit.add({ actor: options.by, action: 'expire', subject, detail: { removed: gone } });
    }
  }
  return gone;
}
