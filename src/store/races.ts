const TRIES = 50;
/** PostgreSQL: unique_violation, serialization_failure, deadlock_detected. SQLite has one writer, and no races. */
const lostRaces: ReadonlySet<unknown> = new Set(['23505', '40001', '40P01']);

/** Somebody else changed what this transaction had read, before it wrote. */
export class Raced extends Error {}

/**
 * Repeats a transaction that lost a race: what the winner wrote is there to be read now. `work` must begin afresh
 * each time.
 */
export async function untilAlone<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isRace(error) || tries === TRIES) throw error;
    }
  }
}

function isRace(error: unknown): boolean {
  if (error instanceof Raced) return true;
  if (!(error instanceof Error)) return false;
  return ('code' in error && lostRaces.has(error.code)) || isRace(error.cause);
}
