import { domainOf } from './address.ts';
import { type Line, makeLine } from './letter-line.ts';
import type { Limits } from './limits.ts';
import { type Asking, type Limit, type Lines, share } from './permit-share.ts';
import type { Permits } from './permits.ts';
import { Seats } from './seats.ts';
import { beforeReader, type Complaint, complaintOf } from './throttle-answers.ts';
import { type Booking, book, type FirstLetter, uncount } from './throttle-first.ts';
import { SERVER, SlowDowns } from './throttle-slow.ts';
import { DAY_MS, type WarmUp } from './throttle-warm-up.ts';
import type { Outcome, Transport } from './transport.ts';

/** How fast letters may leave, as the send jobs of this process ask and tell. */
export interface Throttle {
  /**
   * Takes permits for leased letters, or none when nothing limits them. Those that get none are given back to the
   * ledger with the moment at which to try again.
   * @param from the sender's address
   * @returns the ids of those that may leave now
   */
  admit(run: number, from: string, token: string, letters: readonly Addressed[]): Promise<Set<number>>;
  /**
   * Permits for letters that somebody waits for, ahead of all that `admit` lets go; who keeps them until then is the
   * caller's business.
   */
  book(from: string, letters: readonly FirstLetter[]): Promise<Booking>;
  /**
   * A seat at the letter's destination, the next that is free here.
   * @returns what gives it back; undefined when there was none for some seconds, or all are other processes'
   */
  seat(address: string, signal: AbortSignal): Promise<(() => void) | undefined>;
  /** The admitted letters of a batch in the order in which they may leave: what limits connections is kept here. */
  line<T>(letters: readonly T[], addressOf: (letter: T) => string): Line<T>;
  /** Whether an admitted letter must wait after all, because its destination has just asked for a pause. */
  mustWait(address: string): boolean;
  /** The transport, with every answer heard: complaints slow a destination down, accepted letters speed it up. */
  listenTo(transport: Transport): Transport;
  /** Waits until everything heard is stored. */
  close(): Promise<void>;
}

interface Addressed {
  readonly id: number;
  readonly address: string;
}

/** What throttling needs. `failed` hears of what could not be stored. */
export interface ThrottleDeps {
  readonly limits: Limits;
  readonly warmUps: ReadonlyMap<string, WarmUp>;
  /** Rates, seats and slow-downs, which may be lost: then they are full, free and learnt again. */
  readonly permits: Permits;
  /** The letters that warm-ups have counted, which must not be lost. */
  readonly days: Permits;
  readonly seats?: Seats;
  readonly clock: () => number;
  readonly random: () => number;
  readonly failed: (error: unknown) => void;
  /** The share of each day of a warm-up that is kept for letters that somebody waits for. */
  readonly keepOfDay?: number;
}

const MOST_LINES = 1000;

export function makeThrottle(deps: ThrottleDeps): Throttle {
  return new SharedThrottle(deps);
}

class SharedThrottle implements Throttle {
  private readonly deps: ThrottleDeps;
  private readonly lines: Lines = new Map();
  private readonly slow: SlowDowns;
  private readonly seats: Seats;
  private capacity = Number.POSITIVE_INFINITY;
  private tidiedAt = 0;

  constructor(deps: ThrottleDeps) {
    this.deps = deps;
    const seats = deps.seats ?? new Seats(deps);
    this.seats = seats;
    // How long to pause is counted here: by a clock that jumps back it would not end.
    this.slow = new SlowDowns({ ...deps, clock: () => seats.clock() });
  }

  async admit(run: number, from: string, token: string, letters: readonly Addressed[]): Promise<Set<number>> {
    await this.slow.look();
    await this.tidy();
    const admitted = new Set<number>();
    for (const letter of letters) admitted.add(letter.id);
    const day = this.warmUp(from);
    if (day === undefined && this.unlimited()) return admitted;
    if (day !== undefined) {
      const leaves = this.deps.keepOfDay ?? 0;
      await this.countDay(run, token, letters, { ...day, leaves }, admitted);
    }
    const asking = this.asking(letters.filter(({ id }) => admitted.has(id)));
    if (asking.length === 0) return admitted;
    const counted = day === undefined ? 0 : admitted.size;
    try {
      await this.permit(run, token, asking, admitted);
    } catch (error) {
      if (day !== undefined) await uncount(this.deps.days, day, counted);
      throw error;
    }
    if (day !== undefined) await uncount(this.deps.days, day, counted - admitted.size);
    return admitted;
  }

  async book(from: string, letters: readonly FirstLetter[]): Promise<Booking> {
    await this.slow.look();
    await this.tidy();
    const deps = {
      ...this.deps,
      day: (sender: string) => this.warmUp(sender),
      limitsOf: (address: string) => [...this.ratesTo(this.groupOf(address)), ...this.shared()],
    };
    return book(deps, from, letters);
  }

  async seat(address: string, signal: AbortSignal): Promise<(() => void) | undefined> {
    const group = this.groupOf(address);
    const most = this.deps.limits.connectionsTo(group);
    if (most === undefined) return () => undefined;
    const key = `to ${group}`;
    this.seats.of(key, most);
    return (await this.seats.enterFirst(key, signal)) ? () => this.seats.leave(key) : undefined;
  }

  line<T>(letters: readonly T[], addressOf: (letter: T) => string): Line<T> {
    const { limits } = this.deps;
    return makeLine(letters, addressOf, {
      open: () => !limits.anyDestination && this.slow.nonePaused,
      paused: (address) => this.mustWait(address),
      limitOf: (address) => {
        const group = this.groupOf(address);
        return limits.connectionsTo(group) === undefined ? undefined : `to ${group}`;
      },
      enter: (limit) => this.seats.enter(limit),
      leave: (limit, satMs) => this.seats.leave(limit, satMs),
      now: () => this.seats.clock(),
    });
  }

  mustWait(address: string): boolean {
    if (this.slow.nonePaused) return false;
    return this.slow.isPaused(SERVER) || this.slow.isPaused(this.keyOf(address));
  }

  listenTo(transport: Transport): Transport {
    this.capacity = transport.concurrency;
    return {
      concurrency: transport.concurrency,
      slot: async (signal, first) => {
        const slot = await transport.slot(signal, first);
        // Others send meanwhile: to a job that is as if it had been stopped, and no news for people.
        if (slot.kind === 'down') return slot.reason === 'shared' ? { ...slot, reason: 'stopped' } : slot;
        return {
          kind: 'slot',
          features: slot.features,
          deliver: async (letter, next) => {
            const outcome = await slot.deliver(letter, next);
            this.hear(letter.to, outcome);
            return outcome;
          },
          mayGoOn: () => slot.mayGoOn(),
          release: () => slot.release(),
        };
      },
      features: () => transport.features(),
      close: () => transport.close(),
    };
  }

  async close(): Promise<void> {
    await this.slow.close();
    await this.seats.close();
  }

  /** Whether nothing but a warm-up can hold back a letter. */
  private unlimited(): boolean {
    const { limits } = this.deps;
    return !limits.anyDestination && limits.server === undefined && this.slow.none;
  }

  private warmUp(from: string): Limit | undefined {
    if (this.deps.warmUps.size === 0) return undefined;
    const domain = domainOf(from);
    const warmUp = this.deps.warmUps.get(domain);
    if (warmUp === undefined) return undefined;
    const over = warmUp.start + (warmUp.days.length + 1) * DAY_MS;
    return this.deps.clock() < over ? { key: `from ${domain}`, rate: undefined, warmUp } : undefined;
  }

  /** Counts letters on their sender's day, and takes those from `admitted` that the day has no room for. */
  private async countDay(
    run: number,
    token: string,
    letters: readonly Addressed[],
    day: Limit,
    admitted: Set<number>,
  ): Promise<void> {
    const asking = letters.map(({ id }) => ({ id, limits: [day] }));
    const { waits } = await this.deps.days.change([day.key], token, (states, now) =>
      share(asking, states, this.lines, run, now, this.deps.random),
    );
    for (const wait of waits) admitted.delete(wait.id);
  }

  private async permit(
    run: number,
    token: string,
    asking: readonly Asking[],
    admitted: Set<number>,
  ): Promise<void> {
    const keys = new Set(asking.flatMap((letter) => letter.limits.map((limit) => limit.key)));
    const asked = this.seats.clock();
    const result = await this.deps.permits.change([...keys], token, (states, now) => {
      this.prune(now);
      return share(asking, states, this.lines, run, now, this.deps.random);
    });
    for (const [line, end] of result.lines) this.lines.set(line, end);
    for (const [key, { count, letIn }] of result.seats) {
      this.seats.granted(key, count, asked);
      this.seats.letIn(key, letIn);
    }
    for (const wait of result.waits) admitted.delete(wait.id);
  }

  /** The letters that fall under a limit, with their limits. */
  private asking(letters: readonly Addressed[]): Asking[] {
    const shared = this.shared();
    const known = new Map<string, readonly Limit[]>();
    return letters.flatMap(({ id, address }) => {
      const group = this.groupOf(address);
      const all = known.get(group) ?? [...this.limitsTo(group), ...shared];
      known.set(group, all);
      return all.length > 0 ? [{ id, limits: all }] : [];
    });
  }

  /** What all letters fall under. */
  private shared(): Limit[] {
    const rate = this.deps.limits.server;
    return rate !== undefined || this.slow.has(SERVER) ? [{ key: SERVER, rate }] : [];
  }

  private ratesTo(group: string): Limit[] {
    const key = `to ${group}`;
    const rate = this.deps.limits.rateTo(group);
    return rate !== undefined || this.slow.has(key) ? [{ key, rate }] : [];
  }

  private limitsTo(group: string): Limit[] {
    const { limits } = this.deps;
    const key = `to ${group}`;
    const rate = limits.rateTo(group);
    const most = limits.connectionsTo(group);
    if (most === undefined) return this.ratesTo(group);
    const { used, latency, tat } = this.seats.of(key, most);
    const { holder, leaseMs } = this.seats;
    const ahead = Math.max(0, tat - this.seats.clock());
    return [{ key, rate, seats: { most, holder, leaseMs, used, capacity: this.capacity, latency, ahead } }];
  }

  private groupOf(address: string): string {
    return this.deps.limits.groupOf(domainOf(address));
  }

  private keyOf(address: string): string {
    return `to ${this.groupOf(address)}`;
  }

  private hear(address: string, outcome: Outcome): void {
    // Nearly every answer: a letter was taken where nothing is slow.
    if (outcome.kind === 'accepted' && this.slow.none) return;
    if (outcome.kind === 'deferred' && outcome.heeded) return;
    const complaint: Complaint | undefined = complaintOf(outcome);
    if (complaint !== undefined)
      this.slow.slowDown(beforeReader(outcome) ? SERVER : this.keyOf(address), complaint);
    else if (outcome.kind === 'accepted')
      for (const key of [this.keyOf(address), SERVER]) this.slow.speedUp(key);
  }

  private async tidy(): Promise<void> {
    const now = this.deps.clock();
    if (Math.abs(now - this.tidiedAt) < DAY_MS) return;
    this.tidiedAt = now;
    await this.deps.permits.tidy();
    if (this.deps.days !== this.deps.permits) await this.deps.days.tidy();
  }

  private prune(now: number): void {
    if (this.lines.size < MOST_LINES) return;
    for (const [line, end] of this.lines) if (end < now) this.lines.delete(line);
  }
}
