import { randomUUID } from 'node:crypto';
import { seated } from './permit-seats.ts';
import type { Permits, RateState } from './permits.ts';

/** How long a process that says nothing keeps its seats, ms; it speaks three times as often. */
const SEAT_LEASE_MS = 15_000;
/** What a letter takes until it was measured, ms. */
const FIRST_GUESS_MS = 250;
const SMOOTHING = 0.1;
/** So long somebody waits for a seat; others of this process sit no longer, unless their server hangs. */
const PATIENCE_MS = 5000;
/** So many seats in a row go to those who go first; then one goes to whoever asks. */
const FIRST_IN_A_ROW = 3;
const LOOK_MS = 20;

/** What seats need. `failed` hears that they could not be renewed. */
export interface SeatsDeps {
  readonly permits: Permits;
  readonly failed: (error: unknown) => void;
  readonly leaseMs?: number;
  /** A clock that never jumps, ms. */
  readonly now?: () => number;
}

/** What this process has of one limit on connections. */
interface Holding {
  most: number;
  count: number;
  /** Until when it is sure to be ours. */
  until: number;
  used: number;
  /** The most that was in use lately, and in the time before. */
  peak: number;
  before: number;
  turnedAt: number;
  readonly keepMs: number;
  /** Those who go first, and how many in a row had a seat that somebody gave up. */
  readonly firsts: Set<() => void>;
  /** How many of them there are, those included who only ask. */
  coming: number;
  inARow: number;
  /** Milliseconds that a letter sits, smoothed. */
  latency: number;
  /** The pace at which letters are let into the line for seats (GCRA), ms. */
  tat: number;
}

/**
 * The seats of this process: how many letters, or connections, it may have in flight of each limited destination.
 * They are leased from what all processes share, in handfuls, so that sitting down costs nothing; what is not used
 * goes back after a while, and a dead process's come back when its lease runs out.
 */
export class Seats {
  readonly holder = randomUUID().slice(0, 13);
  readonly leaseMs: number;
  private readonly deps: SeatsDeps;
  private readonly now: () => number;
  private readonly holdings = new Map<string, Holding>();
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> = Promise.resolve();

  constructor(deps: SeatsDeps) {
    this.deps = deps;
    this.leaseMs = deps.leaseMs ?? SEAT_LEASE_MS;
    this.now = deps.now ?? (() => performance.now());
  }

  /** The holding of a limit; made when it is first asked for. @param keepMs how long unused seats are kept */
  of(key: string, most: number, keepMs: number = this.leaseMs / 3): Readonly<Holding> {
    const known = this.holdings.get(key);
    if (known !== undefined) {
      known.most = most;
      return known;
    }
    const fresh: Holding = {
      most,
      count: 0,
      until: 0,
      used: 0,
      peak: 0,
      before: 0,
      turnedAt: this.now(),
      keepMs,
      firsts: new Set(),
      coming: 0,
      inARow: 0,
      latency: FIRST_GUESS_MS,
      tat: 0,
    };
    this.holdings.set(key, fresh);
    return fresh;
  }

  /** Sits down; false when no seat of this process is free. */
  enter(key: string): boolean {
    const holding = this.holdings.get(key);
    if (holding === undefined || holding.used >= holding.count || holding.until <= this.now()) return false;
    holding.used += 1;
    holding.peak = Math.max(holding.peak, holding.used);
    return true;
  }

  /**
   * Sits down as soon as there is a seat, before others of this process who ask for one.
   * @returns false when there was none for some seconds, or none is this process's at all
   */
  async enterFirst(key: string, signal: AbortSignal): Promise<boolean> {
    const holding = this.holdings.get(key);
    if (holding === undefined) return false;
    if (holding.firsts.size === 0 && this.enter(key)) return true;
    holding.coming += 1;
    try {
      if (holding.count < holding.most) await this.ask(key, holding.used + holding.coming);
      if (holding.firsts.size === 0 && this.enter(key)) return true;
      return holding.count > 0 && (await this.waitFirst(key, holding, signal));
    } finally {
      holding.coming -= 1;
    }
  }

  private waitFirst(key: string, holding: Holding, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (seated: boolean) => {
        clearTimeout(patience);
        clearInterval(looking);
        signal.removeEventListener('abort', giveUp);
        holding.firsts.delete(sit);
        resolve(seated);
      };
      const sit = () => end(true);
      const giveUp = () => end(false);
      const patience = setTimeout(giveUp, PATIENCE_MS);
      // Also when the turn of the others came and none of them took it.
      const looking = setInterval(() => {
        if (this.enter(key)) sit();
      }, LOOK_MS);
      signal.addEventListener('abort', giveUp, { once: true });
      holding.firsts.add(sit);
    });
  }

  /** Hands a free seat to whoever goes first. */
  private seatFirst(holding: Holding): void {
    const [first] = holding.firsts;
    const free = holding.used < holding.count && holding.until > this.now();
    if (first === undefined || !free || holding.inARow >= FIRST_IN_A_ROW) {
      holding.inARow = 0;
      return;
    }
    holding.inARow += 1;
    holding.used += 1;
    holding.peak = Math.max(holding.peak, holding.used);
    first();
  }

  /** Gets up. @param satMs how long it took, for the pace at which letters are let in */
  leave(key: string, satMs?: number): void {
    const holding = this.holdings.get(key);
    if (holding === undefined) return;
    holding.used -= 1;
    this.seatFirst(holding);
    if (satMs !== undefined) holding.latency += (Math.max(1, satMs) - holding.latency) * SMOOTHING;
  }

  /** Notes what the shared state gave at a moment before now. @param asked when it was asked for, by `clock()` */
  granted(key: string, count: number, asked: number): void {
    const holding = this.holdings.get(key);
    if (holding === undefined) return;
    holding.count = count;
    holding.until = asked + this.leaseMs;
    holding.peak = Math.max(holding.peak, Math.min(count, holding.used + 1));
    if (count > 0) this.keepRenewing();
  }

  /** Counts letters that were let into the line for seats. */
  letIn(key: string, letters: number): void {
    const holding = this.holdings.get(key);
    if (holding === undefined || holding.count === 0) return;
    holding.tat = Math.max(holding.tat, this.now()) + (letters * holding.latency) / holding.count;
  }

  /** By which leases are measured, ms. */
  clock(): number {
    return this.now();
  }

  /** Asks the shared state for seats, up to `want` in all. @returns how many there are now */
  async ask(key: string, want: number): Promise<number> {
    const holding = this.holdings.get(key);
    if (holding === undefined) return 0;
    const asked = this.now();
    const { counts } = await this.settle(new Map([[key, Math.max(want, holding.used)]]));
    const count = counts.get(key) ?? 0;
    this.granted(key, count, asked);
    return count;
  }

  /** Gives everything back. To be called when nothing is in flight any more. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing;
    const held = [...this.holdings].filter(([, holding]) => holding.count > 0);
    this.holdings.clear();
    if (held.length > 0) await this.settle(new Map(held.map(([key]) => [key, 0]))).catch(this.deps.failed);
  }

  private keepRenewing(): void {
    this.timer ??= setInterval(() => {
      this.renewing = this.renew().catch(this.deps.failed);
    }, this.leaseMs / 3);
    this.timer.unref();
  }

  /** Keeps what is in use, or was lately, and gives back the rest. */
  private async renew(): Promise<void> {
    const asked = this.now();
    const wants = new Map<string, number>();
    for (const [key, holding] of this.holdings) {
      if (holding.count > 0 || holding.used > 0) wants.set(key, needed(holding, asked));
    }
    if (wants.size === 0) return;
    const { counts } = await this.settle(wants);
    for (const [key, count] of counts) {
      const holding = this.holdings.get(key);
      if (holding !== undefined) Object.assign(holding, { count, until: asked + this.leaseMs });
    }
  }

  private settle(wants: ReadonlyMap<string, number>) {
    const { holder, leaseMs } = this;
    return this.deps.permits.change([...wants.keys()], undefined, (states, now) => {
      const after = new Map<string, RateState>();
      const counts = new Map<string, number>();
      for (const [key, state] of states) {
        const most = this.holdings.get(key)?.most ?? 0;
        const seat = seated(state, { holder, most, want: wants.get(key) ?? 0, leaseMs }, now);
        after.set(key, seat.state);
        counts.set(key, seat.count);
      }
      return { states: after, waits: [], counts };
    });
  }
}

function needed(holding: Holding, now: number): number {
  const needs = Math.max(holding.used, holding.peak, holding.before);
  if (now - holding.turnedAt >= holding.keepMs) {
    holding.before = holding.peak;
    holding.peak = holding.used;
    holding.turnedAt = now;
  }
  return Math.min(needs, holding.count);
}
