import type { AuditStore } from './audit.ts';
import { type ExpiryStore, enforceRetention } from './expiry.ts';
import type { PrivacyStore } from './privacy.ts';
import type { Retention } from './retention.ts';

const ASK_EVERY_MS = 60_000;
const RETENTION_EVERY_MS = 3_600_000;
/** The longest that anything goes on with a profile that it read before the profile was erased. */
const ECHOES_MS = 3_600_000;

/** What the upkeep of a process needs. */
export interface UpkeepDeps {
  readonly expiry: ExpiryStore;
  readonly people: Pick<PrivacyStore, 'eraseEchoes'>;
  readonly audit: Pick<AuditStore, 'add'>;
  readonly retention: Retention;
  readonly failed: (error: unknown) => void;
  readonly clock?: () => number;
}

/** The slow chores of a process, done beside its work. */
export interface Upkeep {
  /** May be called as often as one likes; returns at once. */
  tick(): void;
  /** Stops at the next chunk. */
  close(): Promise<void>;
}

/**
 * Removes what late writers left of erased people, once a minute; enforces the retention periods, once an hour in
 * one of all processes.
 */
export function makeUpkeep(deps: UpkeepDeps): Upkeep {
  const clock = deps.clock ?? Date.now;
  const stop = new AbortController();
  let next = 0;
  let running: Promise<void> | undefined;
  const work = async (): Promise<void> => {
    await deps.people.eraseEchoes(clock() - ECHOES_MS);
    if (!(await deps.expiry.takeChore('retention', RETENTION_EVERY_MS))) return;
    await enforceRetention(deps, deps.retention, { now: clock(), by: 'retention', signal: stop.signal });
  };
  return {
    tick: () => {
      if (running !== undefined || stop.signal.aborted || clock() < next) return;
      next = clock() + ASK_EVERY_MS;
      running = work()
        .catch(deps.failed)
        .finally(() => {
          running = undefined;
        });
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
