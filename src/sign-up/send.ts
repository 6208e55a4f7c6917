import { setTimeout as wait } from 'node:timers/promises';
import { persist } from '../delivery/persist.ts';
import { judgeRefusal } from '../delivery/refusals.ts';
import { retryDelay } from '../delivery/retry.ts';
import type { Throttle } from '../delivery/throttle.ts';
import type { Outcome, OutgoingLetter, Slot, Transport } from '../delivery/transport.ts';
import { messageOf } from '../errors.ts';
import type { ConfirmationLetters } from './letters.ts';
import type { Confirmation, ConfirmationStore, LetterOutcome, WordedConfirmation } from './port.ts';

/** Letters that this process has in hand at the same time. */
const MOST_IN_HAND = 50;
/** So long after its moment a letter that was taken is left to this process. */
const HOLD_MS = 20_000;
const LOOK_AGAIN_MS = 1000;
/** One letter of so many stands in line for a connection like those of campaigns, which so are never starved. */
const ORDINARY_EVERY = 4;

/** What sending needs. */
export interface ConfirmationSending {
  readonly store: Pick<ConfirmationStore, 'waits' | 'take' | 'postpone' | 'claim' | 'settle' | 'sweep'>;
  readonly letters: ConfirmationLetters;
  /** The one that the throttle listens to. */
  readonly transport: Transport;
  readonly throttle: Pick<Throttle, 'book' | 'seat' | 'mustWait'>;
  readonly leaseMs: number;
  readonly firstRetryMs: number;
  /** Hears that no server takes letters (its last word), or that one left. */
  heard(serverDown: string | undefined, sent: number): Promise<void>;
  failed(error: unknown): void;
}

/** Sends letters that ask for confirmation. */
export interface ConfirmationSender {
  /** Takes what is due and starts it; letters that have to wait for their moment hold up nobody. */
  round(): Promise<void>;
  /** Waits for the letters in hand. @returns how many were accepted since it was last asked */
  settled(): Promise<number>;
  /** Takes no more; letters that are leaving finish, others go back. */
  close(): Promise<void>;
}

/**
 * Like the letters of campaigns each is claimed, in a commit of its own, when a connection is ready and before its
 * first byte leaves; one whose answer never came is `unknown` and stays so. They fall under the same limits, and since
 * somebody waits for them they go first: for permits, seats and connections.
 * @param stop ends it as `close` does
 */
export function confirmationSender(deps: ConfirmationSending, stop: AbortController): ConfirmationSender {
  return new Sender(deps, stop);
}

class Sender implements ConfirmationSender {
  private readonly deps: ConfirmationSending;
  private readonly stop: AbortController;
  private readonly inHand = new Set<Promise<void>>();
  private inARow = 0;
  private accepted = 0;

  constructor(deps: ConfirmationSending, stop: AbortController) {
    this.deps = deps;
    this.stop = stop;
  }

  async round(): Promise<void> {
    const { store, letters } = this.deps;
    await store.sweep();
    const room = MOST_IN_HAND - this.inHand.size;
    const idle = this.stop.signal.aborted || letters.from === undefined || room <= 0;
    if (idle || !(await store.waits())) return;
    if (this.inHand.size === 0) this.inARow = 0;
    // Before anything is taken: a server that is down costs no permits.
    const slot = await this.slot(true);
    if (slot === undefined) return;
    slot.release();
    const taken = (await store.take(room, HOLD_MS)).filter((one) => one.address !== undefined);
    try {
      await this.start(taken);
    } catch (error) {
      await this.giveBack(taken, LOOK_AGAIN_MS);
      throw error;
    }
  }

  async settled(): Promise<number> {
    await Promise.all(this.inHand);
    const { accepted } = this;
    this.accepted = 0;
    return accepted;
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.settled();
  }

  private async start(taken: readonly WordedConfirmation[]): Promise<void> {
    const { store, throttle, letters } = this.deps;
    if (letters.from === undefined || taken.length === 0) return;
    const asking = taken.map(({ id, address = '' }) => ({ id, address }));
    const { going, waiting } = await throttle.book(letters.from, asking);
    const known = new Map(taken.map((one) => [one.id, one]));
    const late = [...waiting, ...going.map(({ id, inMs }) => ({ id, inMs: inMs === 0 ? 0 : inMs + HOLD_MS }))]
      .filter(({ inMs }) => inMs > 0)
      .map(({ id, inMs }) => ({ id, inMs, attempts: known.get(id)?.attempts ?? 0 }));
    if (late.length > 0) await store.postpone(late);
    for (const { id, inMs } of going) {
      const one = known.get(id);
      if (one !== undefined) this.hold(one, inMs);
    }
  }

  private hold(confirmation: WordedConfirmation, inMs: number): void {
    const work = this.send(confirmation, inMs)
      .catch((error) => this.deps.failed(error))
      .finally(() => this.inHand.delete(work));
    this.inHand.add(work);
  }

  private async send(confirmation: WordedConfirmation, inMs: number): Promise<void> {
    const { signal } = this.stop;
    const { throttle, letters } = this.deps;
    const { address } = confirmation;
    if (address === undefined) return;
    const letter = await letters
      .write({ ...confirmation, address })
      .catch((error: unknown) => messageOf(error));
    if (typeof letter === 'string') return this.refuse(confirmation, letter);
    if (inMs > 0) await wait(inMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return this.giveBack([confirmation], 0);
    const getUp = await throttle.seat(address, signal);
    if (getUp === undefined) return this.giveBack([confirmation], signal.aborted ? 0 : LOOK_AGAIN_MS);
    try {
      await this.sendSeated(confirmation, letter);
    } finally {
      getUp();
    }
  }

  private async sendSeated(confirmation: Confirmation, letter: OutgoingLetter): Promise<void> {
    this.inARow += 1;
    const slot = await this.slot(this.inARow % ORDINARY_EVERY !== 0);
    if (slot === undefined)
      return this.giveBack([confirmation], this.stop.signal.aborted ? 0 : LOOK_AGAIN_MS);
    try {
      const { store, throttle, leaseMs, heard } = this.deps;
      if (throttle.mustWait(letter.to)) return await this.giveBack([confirmation], LOOK_AGAIN_MS);
      if (!(await store.claim(confirmation.id, confirmation.attempts, leaseMs))) return;
      const outcome = await slot.deliver(letter);
      await persist(() => store.settle(this.outcomeOf(confirmation, outcome)), leaseMs);
      if (outcome.kind === 'accepted') this.accepted += 1;
      await heard(undefined, 1);
    } finally {
      slot.release();
    }
  }

  /** A connection; undefined when there is none, of which people are told. */
  private async slot(first: boolean): Promise<Slot | undefined> {
    const slot = await this.deps.transport.slot(this.stop.signal, first);
    if (slot.kind === 'slot') return slot;
    if (slot.reason !== 'stopped') await this.deps.heard(slot.response, 0);
    return undefined;
  }

  /** One that cannot be written, and never will be. */
  private async refuse({ id, attempts }: Confirmation, why: string): Promise<void> {
    const { store, leaseMs } = this.deps;
    if (!(await store.claim(id, attempts, leaseMs))) return;
    await store.settle({
      id,
      state: 'failed',
      response: why.slice(0, 500),
      retryInMs: 0,
      suppress: undefined,
    });
  }

  private giveBack(taken: readonly Confirmation[], inMs: number): Promise<void> {
    return this.deps.store.postpone(taken.map(({ id, attempts }) => ({ id, attempts, inMs })));
  }

  private outcomeOf(confirmation: Confirmation, outcome: Outcome): LetterOutcome {
    const refusal = outcome.kind === 'failed' ? judgeRefusal(outcome) : undefined;
    const { firstRetryMs } = this.deps;
    return {
      id: confirmation.id,
      state: outcome.kind,
      response: outcome.response.slice(0, 500),
      retryInMs:
        outcome.kind === 'deferred' ? retryDelay(confirmation.attempts + 1, Math.random(), firstRetryMs) : 0,
      suppress: refusal?.about === 'address' ? refusal.reason : undefined,
    };
  }
}
