import type { Limits } from './limits.ts';
import { type Asking, type Limit, type Lines, share } from './permit-share.ts';
import { FRESH, type Permits, type RateState } from './permits.ts';
import { beforeReader, type Complaint, complaintOf } from './throttle-answers.ts';
import { FORGET_MS, isSlow, RECOVERY_MS, recovered, slowedBy, USUAL_CEILING } from './throttle-pace.ts';
import { DAY_MS, type WarmUp } from './throttle-warm-up.ts';
import type { Outcome, Transport } from './transport.ts';

/** How fast letters may leave, as the send jobs of this process ask and tell. */
export interface Throttle {
  /**
   * Takes permits for leased letters, all in one transaction, or none when nothing limits them. Those that get
   * none are given back to the ledger with the moment at which to try again.
   * @param from the sender's address
   * @returns the ids of those that may leave now
   */
  admit(run: number, from: string, token: string, letters: readonly Addressed[]): Promise<Set<number>>;
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

/** What throttling needs. `failed` hears of a complaint that could not be stored. */
export interface ThrottleDeps {
  readonly limits: Limits;
  readonly warmUps: ReadonlyMap<string, WarmUp>;
  readonly permits: Permits;
  readonly clock: () => number;
  readonly random: () => number;
  readonly failed: (error: unknown) => void;
}

/** The key of the limit that all servers share. */
const SERVER = 'server';
const SERVER_CEILING = 1000;
const LOOK_EVERY_MS = 1000;
const MOST_LINES = 1000;

export function makeThrottle(deps: ThrottleDeps): Throttle {
  return new SharedThrottle(deps);
}

class SharedThrottle implements Throttle {
  private readonly deps: ThrottleDeps;
  private readonly lines: Lines = new Map();
  /** What this process knows of limits that are slowed down; read again each second. */
  private slow = new Map<string, RateState>();
  private lookedAt = 0;
  private tidiedAt = 0;
  /** Pauses by this process's clock, ms; until a complaint is stored, without an end. */
  private readonly pauses = new Map<string, number>();
  private readonly heardAt = new Map<string, number>();
  private readonly storing = new Map<string, Promise<void>>();

  constructor(deps: ThrottleDeps) {
    this.deps = deps;
  }

  async admit(run: number, from: string, token: string, letters: readonly Addressed[]): Promise<Set<number>> {
    await this.look();
    const admitted = new Set(letters.map((letter) => letter.id));
    const asking = this.asking(from, letters);
    if (asking.length === 0) return admitted;
    const keys = new Set(asking.flatMap((letter) => letter.limits.map((limit) => limit.key)));
    const { waits } = await this.deps.permits.change([...keys], token, (states, now) => {
      this.prune(now);
      return share(asking, states, this.lines, run, now, this.deps.random);
    });
    for (const wait of waits) admitted.delete(wait.id);
    return admitted;
  }

  mustWait(address: string): boolean {
    const now = this.deps.clock();
    const paused = (key: string) => (this.pauses.get(key) ?? 0) > now;
    return this.pauses.size > 0 && (paused(SERVER) || paused(this.keyOf(address)));
  }

  listenTo(transport: Transport): Transport {
    return {
      concurrency: transport.concurrency,
      slot: async (signal) => {
        const slot = await transport.slot(signal);
        if (slot.kind === 'down') return slot;
        return {
          kind: 'slot',
          features: slot.features,
          deliver: async (letter) => {
            const outcome = await slot.deliver(letter);
            this.hear(letter.to, outcome);
            return outcome;
          },
          release: () => slot.release(),
        };
      },
      features: () => transport.features(),
      close: () => transport.close(),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.storing.values());
  }

  /** The letters that fall under a limit, with their limits. */
  private asking(from: string, letters: readonly Addressed[]): Asking[] {
    const { limits } = this.deps;
    const shared: Limit[] = [];
    if (limits.server !== undefined || this.slow.has(SERVER))
      shared.push({ key: SERVER, rate: limits.server });
    const domain = domainOf(from);
    const warmUp = this.deps.warmUps.get(domain);
    const over = warmUp && warmUp.start + (warmUp.days.length + 1) * DAY_MS;
    if (over !== undefined && this.deps.clock() < over)
      shared.push({ key: `from ${domain}`, rate: undefined, warmUp });
    return letters.flatMap(({ id, address }) => {
      const key = this.keyOf(address);
      const rate = limits.rateTo(limits.groupOf(domainOf(address)));
      const own = rate !== undefined || this.slow.has(key) ? [{ key, rate }] : [];
      return own.length + shared.length > 0 ? [{ id, limits: [...own, ...shared] }] : [];
    });
  }

  private keyOf(address: string): string {
    return `to ${this.deps.limits.groupOf(domainOf(address))}`;
  }

  private hear(address: string, outcome: Outcome): void {
    const complaint = complaintOf(outcome);
    const key = complaint !== undefined && beforeReader(outcome) ? SERVER : this.keyOf(address);
    if (complaint !== undefined) this.slowDown(key, complaint);
    else if (outcome.kind === 'accepted') for (const each of [key, SERVER]) this.speedUp(each);
  }

  /** Stored once for all the complaints that come together. */
  private slowDown(key: string, complaint: Complaint): void {
    const now = this.deps.clock();
    if (this.storing.has(key) || (this.pauses.get(key) ?? 0) > now) return;
    if (complaint === 'rate') this.pauses.set(key, Number.POSITIVE_INFINITY);
    this.store(key, (state, at) => slowedBy(state, complaint, this.ceiling(key), at));
  }

  private speedUp(key: string): void {
    if (!this.slow.has(key) || this.storing.has(key)) return;
    const now = this.deps.clock();
    if (now - (this.heardAt.get(key) ?? 0) < RECOVERY_MS / 2) return;
    this.heardAt.set(key, now);
    this.store(key, (state, at) => recovered(state, this.ceiling(key), at));
  }

  private store(key: string, change: (state: RateState, now: number) => RateState | undefined): void {
    const { permits, clock, failed } = this.deps;
    let pause = 0;
    const storing = permits
      .change([key], undefined, (states, now) => {
        const state = states.get(key) ?? FRESH;
        const next = change(state, now);
        const current = next ?? state;
        pause = Math.max(0, current.pausedUntil - now);
        if (isSlow(current, now)) this.slow.set(key, current);
        else this.slow.delete(key);
        return { states: new Map(next && [[key, next]]), waits: [] };
      })
      .catch(failed)
      .then(() => {
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

  private async look(): Promise<void> {
    const now = this.deps.clock();
    if (Math.abs(now - this.lookedAt) < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    if (Math.abs(now - this.tidiedAt) > DAY_MS) {
      this.tidiedAt = now;
      await this.deps.permits.tidy();
    }
    this.slow = new Map(await this.deps.permits.slowed(FORGET_MS));
  }

  private prune(now: number): void {
    if (this.lines.size < MOST_LINES) return;
    for (const [line, end] of this.lines) if (end < now) this.lines.delete(line);
  }
}

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
