import { grouped } from '../grouped.ts';
import type { ArrivalStore, NewArrival } from './arrivals.ts';

/** Stores what arrives, many at a time, and wakes the fold. */
export interface Recorder {
  /** Resolves once the arrival is safe on disk; only then may it be answered. */
  record(arrival: NewArrival): Promise<void>;
  /** Stores what still waits. */
  close(): Promise<void>;
}

/**
 * A recorder over group commits: under load some dozens of hits share one write to disk.
 * `wake` is called after each commit and must neither throw nor wait.
 */
export function makeRecorder(arrivals: Pick<ArrivalStore, 'add'>, wake: () => void): Recorder {
  const group = grouped<NewArrival, void>({}, async (items) => {
    await arrivals.add(items);
    wake();
    return items.map(() => undefined);
  });
  return { record: (arrival) => group.add(arrival), close: () => group.close() };
}
