/** Delays between attempts to reach a server that failed: doubled each time, with jitter. */
const firstDelay = 1_000;
const longestDelay = 30_000;

/** A clock that never jumps (milliseconds), and the dice; tests bring their own. */
export interface CircuitSource {
  now(): number;
  random(): number;
}

/**
 * Keeps us from hammering a server that cannot be reached. After a failure no connection is opened for a
 * short while; then one attempt may be made, and only when it succeeds do others follow.
 */
export class Circuit {
  private failures = 0;
  private quietUntil = 0;
  private probing = false;
  private readonly source: CircuitSource;

  constructor(source: CircuitSource = { now: () => performance.now(), random: Math.random }) {
    this.source = source;
  }

  /** Milliseconds until an attempt may be made. */
  get waitLeft(): number {
    return this.failures === 0 ? 0 : Math.max(0, this.quietUntil - this.source.now());
  }

  /** Whether a connection may be opened now. While the server is in doubt, one attempt at a time. */
  mayTry(): boolean {
    return this.failures === 0 || (this.waitLeft === 0 && !this.probing);
  }

  /** Starts an attempt; exactly one of the two functions must be called at its end. */
  attempt(): { succeeded(): void; failed(): void } {
    const failuresBefore = this.failures;
    const probe = failuresBefore > 0;
    if (probe) this.probing = true;
    return {
      succeeded: () => {
        if (probe) this.probing = false;
        this.failures = 0;
      },
      failed: () => {
        if (probe) this.probing = false;
        // Attempts that ran side by side count as one.
        if (this.failures === failuresBefore) this.trip();
      },
    };
  }

  private trip(): void {
    const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(this.failures, 10));
    this.failures++;
    this.quietUntil = this.source.now() + delay * (0.5 + this.source.random() / 2);
  }
}
