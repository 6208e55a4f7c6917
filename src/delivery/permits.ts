/**
 * The state of one limit, as all workers share it. `tat` is the theoretical arrival time of the next letter
 * (GCRA), ms, and `used` the moment of the last letter that was booked ahead; for a warm-up it is the start of the day
 * that `used` counts. A limit that was slowed down has a
 * `pace` (letters a second) below its own rate, or a pause, or both.
 */
export interface RateState {
  readonly tat: number;
  readonly used: number;
  readonly pace: number | undefined;
  readonly pausedUntil: number;
  /** Refusals in a row; each makes the next pause longer. */
  readonly strikes: number;
  /** When it was slowed down or sped up last, ms; 0 when never. */
  readonly pacedAt: number;
  /** Who may have how many letters in flight. */
  readonly holds: readonly Hold[];
}

/** Seats of a limit on connections that one process has, until a moment (ms). A dead process loses them then. */
export interface Hold {
  readonly holder: string;
  readonly count: number;
  readonly until: number;
}

export const FRESH: RateState = {
  tat: 0,
  used: 0,
  pace: undefined,
  pausedUntil: 0,
  strikes: 0,
  pacedAt: 0,
  holds: [],
};

/** A letter that must wait, and for which moment (ms, the clock of the limits). */
export interface Wait {
  readonly id: number;
  readonly dueAt: number;
}

/** What a change of limits writes. */
export interface PermitChange {
  readonly states: ReadonlyMap<string, RateState>;
  /** Sends under the lease's token that are given back until later. */
  readonly waits: readonly Wait[];
}

/** The limits as the workers of all machines share them. */
export interface Permits {
  /**
   * Holds the named limits, lets `decide` change them by the clock that they share (the database's or Redis'), writes
   * that, and gives letters that must wait back to the ledger. `decide` must be pure, since it is asked again when
   * somebody else was quicker; a limit never seen is FRESH.
   */
  change<T extends PermitChange>(
    keys: readonly string[],
    token: string | undefined,
    decide: (states: ReadonlyMap<string, RateState>, now: number) => T,
  ): Promise<T>;
  /** The limits that were slowed down within the given time. */
  slowed(withinMs: number): Promise<ReadonlyMap<string, RateState>>;
  /** Removes what has been quiet for a day. */
  tidy(): Promise<void>;
}
