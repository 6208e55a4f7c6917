import { domainOf } from './address.ts';
import { judgeRefusal, RefusalCount } from './refusals.ts';
import { beforeReader, complaintOf } from './throttle-answers.ts';
import {
  type Down,
  type Outcome,
  type OutgoingLetter,
  type ServerFeatures,
  type Slot,
  stopped,
  type Transport,
} from './transport.ts';
import { Waiters } from './waiters.ts';

/** A server of a pool. Servers share letters by their weights. */
export interface PooledServer {
  /** Host and port. */
  readonly name?: string;
  readonly transport: Transport;
  /** Above 0. */
  readonly weight: number;
}

/** How long a server that asks for fewer letters is left alone at first, ms, and at most. */
const REST_MS = 5000;
const LONGEST_REST_MS = 300_000;
/** How long a letter that one server refused waits for a connection to another. */
const ELSEWHERE_MS = 10_000;

interface Member extends PooledServer {
  /** Slots that are given out or asked for. */
  taken: number;
  /** Stride scheduling: who has the smallest pass is next, and then moves on by 1/weight. */
  pass: number;
  /** Whether its last connection succeeded; only such servers are given letters. */
  up: boolean;
  probing: boolean;
  /** Why it is down, once it was tried, and when to try it again, ms. */
  down: Down | undefined;
  quietUntil: number;
  /** How often it was left alone since it last took a letter. */
  rests: number;
  /** Letters in a row that it refused by a rule of its own, which another may have taken; see `RefusalCount`. */
  readonly refusals: RefusalCount;
  /** It was left alone for such refusals, and has taken no letter since. */
  isRefusing: boolean;
}

/** Hears of a server that is left alone, since it refuses letters by a rule of its own. */
export type ToldAside = (server: string, response: string) => void;

/**
 * One transport over several servers. Letters are shared by weight among the servers that have a connection to
 * spare. A server that is down gets none; it is tried again behind the scenes when its circuit allows it, so that
 * no letter waits for a host that does not answer while another does. Down as a whole only when every server is.
 * A letter that one refuses by a rule before it has seen it is offered to the others.
 */
export function transportOver(
  servers: readonly PooledServer[],
  now: () => number = () => performance.now(),
  aside: ToldAside = () => undefined,
): Transport {
  const [only] = servers;
  return servers.length === 1 && only !== undefined ? only.transport : new ServerPool(servers, now, aside);
}

class ServerPool implements Transport {
  readonly concurrency: number;
  private readonly members: readonly Member[];
  private readonly now: () => number;
  private readonly aside: ToldAside;
  private readonly waiters = new Waiters();
  private pass = 0;
  private closing = false;

  constructor(servers: readonly PooledServer[], now: () => number, aside: ToldAside) {
    const unknown = { taken: 0, pass: 0, up: false, probing: false, down: undefined };
    this.members = servers.map((server) => ({
      ...server,
      ...unknown,
      quietUntil: Number.NEGATIVE_INFINITY,
      rests: 0,
      refusals: new RefusalCount(),
      isRefusing: false,
    }));
    this.now = now;
    this.aside = aside;
    this.concurrency = servers.reduce((sum, { transport }) => sum + transport.concurrency, 0);
  }

  slot(signal?: AbortSignal, first = false): Promise<Slot | Down> {
    return this.waiters.search(first, (found) => this.find(signal, first, found));
  }

  /** @param found is called as soon as there is a server to ask */
  private async find(
    signal: AbortSignal | undefined,
    first: boolean,
    found: () => void,
  ): Promise<Slot | Down> {
    while (!this.closing && signal?.aborted !== true) {
      for (const member of this.members) if (this.isDue(member)) void this.probe(member);
      if (!this.members.some((member) => member.up || member.probing)) return this.allDown();
      const member = !first && this.waiters.firstLooks ? undefined : this.next([]);
      if (member === undefined) await this.waiters.wait(signal, first);
      else {
        const looked = this.slotOf(member, signal, first);
        found();
        const slot = await looked;
        if (slot.kind === 'slot' || slot.reason === 'stopped') return slot;
        this.setDown(member, slot);
      }
    }
    this.waiters.wakeOne(); // Whoever was woken for nothing passes it on.
    return stopped;
  }

  /** What every server can do; one that was never reached may be the one that cannot. */
  features(): ServerFeatures | undefined {
    const known = this.members.map((member) => member.transport.features());
    if (known.every((features) => features === undefined)) return undefined;
    return { eightBitMime: known.every((features) => features?.eightBitMime === true) };
  }

  async close(): Promise<void> {
    this.closing = true;
    this.waiters.wakeAll();
    await Promise.all(this.members.map((member) => member.transport.close()));
  }

  private isDue(member: Member): boolean {
    return !member.up && !member.probing && member.quietUntil <= this.now();
  }

  private async probe(member: Member): Promise<void> {
    member.probing = true;
    const slot = await member.transport.slot();
    member.probing = false;
    if (slot.kind === 'down') this.setDown(member, slot);
    else {
      slot.release();
      member.up = true;
      member.down = undefined;
    }
    this.waiters.wakeAll();
  }

  private setDown(member: Member, down: Down): void {
    member.up = false;
    member.down = down;
    member.quietUntil = this.now() + Math.max(1, down.retryIn);
  }

  /** Whose turn it is among those with a connection to spare, but for some. */
  private next(but: readonly Member[]): Member | undefined {
    let best: Member | undefined;
    for (const member of this.members) {
      const free = member.up && member.taken < member.transport.concurrency && !but.includes(member);
      if (free && (best === undefined || member.pass < best.pass)) best = member;
    }
    if (best === undefined) return undefined;
    // A server that was away does not catch up on what it missed.
    this.pass = Math.max(this.pass, best.pass);
    best.pass = this.pass + 1 / best.weight;
    return best;
  }

  private async take(member: Member, signal: AbortSignal | undefined, first: boolean) {
    member.taken += 1;
    const slot = await member.transport.slot(signal, first);
    const giveBack = () => {
      member.taken -= 1;
      this.waiters.wakeOne();
    };
    return { slot, giveBack };
  }

  private async slotOf(
    member: Member,
    signal: AbortSignal | undefined,
    first: boolean,
  ): Promise<Slot | Down> {
    const { slot, giveBack } = await this.take(member, signal, first);
    if (slot.kind === 'down') {
      giveBack();
      return slot;
    }
    let released: Promise<void> | undefined;
    let delivered = 0;
    return {
      kind: 'slot',
      features: slot.features,
      deliver: async (letter, next) => {
        // Its turn was reckoned for one letter.
        if (delivered > 0) member.pass += 1 / member.weight;
        delivered += 1;
        const outcome = this.heed(member, await slot.deliver(letter, next));
        return refusedUnseen(outcome) ? this.offerOthers(member, letter, outcome) : outcome;
      },
      mayGoOn: () => member.up && !this.waiters.firstLooks && slot.mayGoOn(),
      release: () => {
        if (released === undefined) {
          released = slot.release();
          giveBack();
        }
        return released;
      },
    };
  }

  /**
   * Nothing of the letter has left: what one server refuses by its rules another may take. Only when all have refused
   * it, it is refused; as long as one could not be asked it waits.
   */
  private async offerOthers(member: Member, letter: OutgoingLetter, refusal: Failed): Promise<Outcome> {
    const refused = [member];
    for (let other = this.next(refused); other !== undefined; other = this.next(refused)) {
      const outcome = await this.offer(other, letter);
      if (outcome === undefined) break;
      if (!refusedUnseen(outcome)) {
        if (outcome.kind === 'accepted') this.blame(refused, letter, refusal);
        return outcome;
      }
      refused.push(other);
    }
    if (refused.length === this.members.length) return refusal;
    this.blame(refused, letter, refusal);
    return { ...refusal, kind: 'deferred', scope: 'server', heeded: true };
  }

  /** Offers a letter over a connection of its own; undefined when there is none after all. */
  private async offer(member: Member, letter: OutgoingLetter): Promise<Outcome | undefined> {
    // Whoever holds that connection may wait for the one that is held here.
    const { slot, giveBack } = await this.take(member, AbortSignal.timeout(ELSEWHERE_MS), false);
    if (slot.kind === 'down') {
      if (slot.reason !== 'stopped') this.setDown(member, slot);
      giveBack();
      return undefined;
    }
    try {
      return this.heed(member, await slot.deliver(letter));
    } finally {
      void slot.release();
      giveBack();
    }
  }

  /** Whoever refuses many letters in a row, of readers in several domains, is left alone. */
  private blame(members: readonly Member[], letter: OutgoingLetter, { response, stage, code }: Failed): void {
    for (const member of members) {
      const receiver = stage === 'rcpt' ? domainOf(letter.to) : undefined;
      const isMuch = member.refusals.refused(0, receiver);
      if (!member.up || !(isMuch || member.isRefusing)) continue;
      member.isRefusing = true;
      this.rest(member, { stage, code, response });
      this.aside(member.name ?? 'one of the servers', response);
    }
  }

  /** One that asks for fewer letters before it knows for whom they are is left alone, as others go on. */
  private heed(member: Member, outcome: Outcome): Outcome {
    if (outcome.kind === 'accepted') {
      member.rests = 0;
      member.isRefusing = false;
      member.refusals.accepted(0);
    }
    if (outcome.kind !== 'deferred' || !beforeReader(outcome) || complaintOf(outcome) === undefined)
      return outcome;
    if (!this.members.some((other) => other !== member && other.up)) return outcome;
    if (member.up) this.rest(member, outcome);
    return { ...outcome, heeded: true };
  }

  /** Leaves a server alone, longer each time. */
  private rest(member: Member, { stage, code, response }: Pick<Down, 'stage' | 'code' | 'response'>): void {
    const retryIn = Math.min(LONGEST_REST_MS, REST_MS * 2 ** member.rests);
    member.rests += 1;
    this.setDown(member, { kind: 'down', reason: 'waiting', stage, code, response, retryIn });
  }

  /** The word of the server that can be tried again first; one that is only busy elsewhere is not down at all. */
  private allDown(): Down {
    const busy = this.members.find((member) => member.down?.reason === 'shared');
    const [first] = busy ? [busy] : [...this.members].sort((a, b) => a.quietUntil - b.quietUntil);
    if (first?.down === undefined) return stopped;
    return { ...first.down, retryIn: Math.max(0, Math.ceil(first.quietUntil - this.now())) };
  }
}

type Failed = Extract<Outcome, { kind: 'failed' }>;

/** Whether the server refused the sender, or any reader, by a rule of its own, before it saw the letter. */
function refusedUnseen(outcome: Outcome): outcome is Failed {
  if (outcome.kind !== 'failed') return false;
  return outcome.stage === 'mail' || (outcome.stage === 'rcpt' && judgeRefusal(outcome).about === 'sender');
}
