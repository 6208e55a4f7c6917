import { domainOf } from './address.ts';
import type { Line, Turn } from './letter-line.ts';
import type { ClaimRequest, LeasedSend, Settlement, Verdict } from './port.ts';
import { refusedAt } from './refusal-words.ts';
import { judgeRefusal } from './refusals.ts';
import { retryDelay } from './retry.ts';
import type { Letter, NoLetter, WrittenLetter } from './scriptorium.ts';
import type { Outcome, Slot, Transport } from './transport.ts';

/** What sending a batch needs; claims and settlements are grouped over all letters in flight. */
export interface SendBatchDeps {
  readonly transport: Transport;
  /** The sends in the order in which their letters may leave; what limits connections is kept here. */
  line(sends: readonly LeasedSend[]): Line<LeasedSend>;
  /** The letter of a send, when it is its turn. */
  letter(sendId: number): Promise<Letter | undefined>;
  /** Nobody will read the letter's bytes again. */
  done(letter: WrittenLetter): void;
  claim(request: ClaimRequest): Promise<Verdict>;
  settle(settlement: Settlement): Promise<void>;
  /** The wait before the second attempt of a letter that was put off, ms. */
  readonly firstRetryMs: number;
  /** Whether letters to this address must wait, since their destination asked for a pause. */
  mustWait(address: string): boolean;
  /**
   * The server refused a letter for what it is, or by a rule against who sends it.
   * @param receiver the domain whose rule refused the sender; undefined when the letter was refused
   */
  contentRefused(runId: number, response: string, receiver?: string): Promise<void>;
  contentAccepted(runId: number): void;
  /** A letter that may not leave now, for any verdict but `go`. */
  refused(send: LeasedSend, verdict: Exclude<Verdict, 'go'>): Promise<void>;
  /** A send that gets no letter. */
  skipped(send: LeasedSend, why: NoLetter): Promise<void>;
}

/** `serverDown` carries the server's last word when no connection could be had and letters were left unclaimed. */
export interface BatchResult {
  readonly claimed: number;
  readonly serverDown: string | undefined;
}

/**
 * Sends the letters of one lease over as many connections as the transport has. A letter is claimed only when a
 * connection is ready for it, so a server that is down, or a process that dies, leaves at most one claimed
 * letter a connection. Ends early, without claiming more, when `signal` aborts.
 */
export async function sendBatch(
  deps: SendBatchDeps,
  token: string,
  sends: readonly LeasedSend[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const line = deps.line(sends);
  const settled: Promise<void>[] = [];
  let claimed = 0;
  let serverDown: string | undefined;
  const taken = (stored: Promise<void>) => {
    claimed += 1;
    settled.push(stored);
  };
  const runner = async () => {
    let waiting: Ready | undefined;
    while (!signal.aborted && serverDown === undefined) {
      const slot = await deps.transport.slot(signal);
      if (slot.kind === 'down') {
        if (slot.reason !== 'stopped') serverDown = slot.response;
        return;
      }
      try {
        const first = signal.aborted ? undefined : (waiting ?? (await ready(deps, () => line.next())));
        if (first === undefined) return;
        waiting = await sendInARow({ deps, token, line, signal, taken }, first, slot);
      } finally {
        slot.release();
      }
    }
  };
  const runners = Math.min(deps.transport.concurrency, sends.length);
  try {
    await allEnded(Array.from({ length: runners }, runner));
  } finally {
    await allEnded(settled);
  }
  return { claimed, serverDown };
}

/** A letter that is written, and may leave as far as anybody knows. */
interface Ready {
  readonly send: LeasedSend;
  readonly letter: WrittenLetter;
  done(): void;
}

interface Sending {
  readonly deps: SendBatchDeps;
  readonly token: string;
  readonly line: Line<LeasedSend>;
  readonly signal: AbortSignal;
  /** Hears of every letter that was claimed, with the promise of its outcome being stored. */
  taken(stored: Promise<void>): void;
}

/** The next letter of the line; sends that get none are seen to on the way. */
async function ready(
  deps: SendBatchDeps,
  next: () => Turn<LeasedSend> | undefined,
): Promise<Ready | undefined> {
  for (let turn = next(); turn !== undefined; turn = next()) {
    const { letter: send, done } = turn;
    const letter = await deps.letter(send.id).catch((error: unknown) => {
      done();
      throw error;
    });
    if (letter !== undefined && !('reason' in letter)) return { send, letter, done };
    done();
    if (letter !== undefined) await deps.skipped(send, letter);
  }
  return undefined;
}

/**
 * Sends one letter after another over a slot, each named to the server with the end of the one before. Ends with the
 * slot's patience, with the line, or when something speaks against going on.
 * @returns a letter that was made ready and whose turn is next
 */
async function sendInARow(sending: Sending, first: Ready, slot: Slot): Promise<Ready | undefined> {
  const { deps, token, line, signal, taken } = sending;
  let current: Ready | undefined = first;
  while (current !== undefined && !signal.aborted) {
    const { done }: Ready = current;
    const coming = slot.mayGoOn() ? ready(deps, () => line.ahead()) : undefined;
    // Its failure is thrown when it is its turn: this letter must not suffer for it, nor wait once it is claimed.
    const next = coming?.catch(() => undefined);
    let goesOn = false;
    try {
      if (await mayLeave(deps, token, current)) {
        const named = await Promise.race([next, undefined]);
        const { stored, outcome } = await deliver(deps, token, current, slot, named?.letter);
        taken(stored);
        goesOn = concernsLetter(outcome);
      }
    } finally {
      done();
    }
    current = await coming;
    if (!goesOn) break;
  }
  if (signal.aborted) current?.done();
  return current;
}

/** Claims the letter; whatever speaks against its leaving is seen to. */
async function mayLeave(deps: SendBatchDeps, token: string, { send, letter }: Ready): Promise<boolean> {
  if (deps.mustWait(letter.to)) {
    await deps.refused(send, 'slowed down');
    return false;
  }
  const { decision } = letter;
  const { id, profileId, sourceHash } = send;
  const verdict = await deps.claim({ id, profileId, token, decision, sourceHash });
  if (verdict !== 'go') await deps.refused(send, verdict);
  return verdict === 'go';
}

/** Whether an outcome leaves the connection as good as it was. */
function concernsLetter(outcome: Outcome): boolean {
  return outcome.kind !== 'unknown' && !(outcome.kind === 'deferred' && outcome.scope === 'server');
}

/** Resolves when the letter's fate is known, with the promise of its being stored. */
async function deliver(
  deps: SendBatchDeps,
  token: string,
  { send, letter }: Ready,
  slot: Slot,
  next: WrittenLetter | undefined,
): Promise<{ readonly stored: Promise<void>; readonly outcome: Outcome }> {
  const { to } = letter;
  const outcome = await slot.deliver(letter, next);
  if (isThrough(outcome)) deps.done(letter);
  const retryInMs =
    outcome.kind === 'deferred' ? retryDelay(send.attempts + 1, Math.random(), deps.firstRetryMs) : 0;
  const refusal = outcome.kind === 'failed' ? judgeRefusal(outcome) : undefined;
  const gone = refusal?.about === 'address' ? { address: to, reason: refusal.reason } : undefined;
  const stored = deps.settle(settlementOf(send, token, outcome, retryInMs, gone));
  stored.catch(() => undefined); // Its failure is thrown when the connections are done.
  if (outcome.kind === 'accepted') deps.contentAccepted(send.runId);
  if (refusal?.about === 'campaign') await deps.contentRefused(send.runId, outcome.response);
  if (refusal?.about === 'sender') await deps.contentRefused(send.runId, outcome.response, domainOf(to));
  return { stored, outcome };
}

/** Whether the letter left this process whole, or none of it did: else the connection may still hold its bytes. */
function isThrough(outcome: Outcome): boolean {
  return outcome.kind === 'accepted' || (outcome.kind !== 'unknown' && outcome.stage !== 'final');
}

/** Waits for all of them, then throws the first failure: nothing is left running behind the caller's back. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

/** The ledger's view of an SMTP outcome. */
function settlementOf(
  send: LeasedSend,
  token: string,
  outcome: Outcome,
  retryInMs: number,
  suppress: Settlement['suppress'],
): Settlement {
  return {
    id: send.id,
    token,
    state: outcome.kind,
    reason: outcome.kind === 'failed' || outcome.kind === 'deferred' ? refusedAt(outcome.stage) : undefined,
    code: 'code' in outcome ? outcome.code : undefined,
    response: outcome.response.slice(0, 500),
    retryInMs,
    suppress,
  };
}
