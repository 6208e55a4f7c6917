import type { Limits } from './limits.ts';
import { FRESH, type Permits, type RateState } from './permits.ts';
import type { Complaint } from './throttle-answers.ts';
import { FORGET_MS, isSlow, RECOVERY_MS, recovered, slowedBy, USUAL_CEILING } from './throttle-pace.ts';

/** The key of the limit that all servers share. */
export const SERVER = 'server';
const SERVER_CEILING = 1000;
const LOOK_EVERY_MS = 1000;

/** What slow-downs need. */
export interface SlowDownDeps {
  readonly limits: Limits;
  readonly permits: Permits;
  /** A clock that never jumps, ms. */
  readonly clock: () => number;
  readonly failed: (error: unknown) => void;
}

/** What this process knows of destinations that asked for fewer letters, and tells the others. */
export class SlowDowns {
  private readonly deps: SlowDownDeps;
  /** Limits that are slowed down, read again each second. */
  private slow: ReadonlyMap<string, RateState> = new Map();
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** When pauses end, by that clock; until a complaint is stored, without an end. */
  private readonly pauses = new Map<string, number>();
  private readonly heardAt = new Map<string, number>();
  private readonly storing = new Map<string, Promise<void>>();

  constructor(deps: SlowDownDeps) {
    this.deps = deps;
  }

  get none(): boolean {
    return this.slow.size === 0;
  }

  get nonePaused(): boolean {
    return this.pauses.size === 0;
  }

  has(key: string): boolean {
    return this.slow.has(key);
  }

  isPaused(key: string): boolean {
    return (this.pauses.get(key) ?? 0) > this.deps.clock();
  }

  /** Reads what the others know, once a second. */
  async look(): Promise<void> {
    const now = this.deps.clock();
    if (now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    for (const [key, until] of this.pauses) if (until <= now) this.pauses.delete(key);
    this.slow = await this.deps.permits.slowed(FORGET_MS);
  }

  /** Stored once for all the complaints that come together. */
  slowDown(key: string, complaint: Complaint): void {
    const now = this.deps.clock();
    if (this.storing.has(key) || (this.pauses.get(key) ?? 0) > now) return;
    if (complaint === 'rate') this.pauses.set(key, Number.POSITIVE_INFINITY);
    this.store(key, (state, at) => slowedBy(state, complaint, this.ceiling(key), at));
  }

  speedUp(key: string): void {
    if (!this.slow.has(key) || this.storing.has(key)) return;
    const now = this.deps.clock();
    if (now - (this.heardAt.get(key) ?? Number.NEGATIVE_INFINITY) < RECOVERY_MS / 2) return;
    this.heardAt.set(key, now);
    this.store(key, (state, at) => recovered(state, this.ceiling(key), at));
  }

  /** Waits until everything is stored. */
  async close(): Promise<void> {
    await Promise.all(this.storing.values());
  }

  private store(key: string, change: (state: RateState, now: number) => RateState | undefined): void {
    const { permits, clock, failed } = this.deps;
    const storing = permits
      .change([key], undefined, (states, now) => {
        const state = states.get(key) ?? FRESH;
        const next = change(state, now);
        return { states: new Map(next && [[key, next]]), waits: [], current: next ?? state, now };
      })
      .then(({ current, now }) => {
        const slow = new Map(this.slow);
        if (isSlow(current, now)) slow.set(key, current);
        else slow.delete(key);
        this.slow = slow;
        return Math.max(0, current.pausedUntil - now);
      })
      .catch((error) => {
        failed(error);
        return 0;
      })
      .then((pause) => {
        if (pause > 0) this.pauses.set(key, clock() + pause);
        else this.pauses.delete(key);
        this.storing.delete(key);
      });
    this.storing.set(key, storing);
  }

  private ceiling(key: string): number {
    if (key === SERVER) return this.deps.limits.server?.perSecond ?? SERVER_CEILING;
    return this.deps.limits.rateTo(key.slice('to '.length))?.perSecond ?? USUAL_CEILING;
  }
}
