import type { Line } from './letter-line.ts';
import type { ClaimRequest, LeasedSend, Settlement, Verdict } from './port.ts';
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
  /** The server refused a letter for what it is, not for its reader. */
  contentRefused(runId: number, response: string): Promise<void>;
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
  const runner = async () => {
    while (!signal.aborted && serverDown === undefined) {
      const slot = await deps.transport.slot(signal);
      if (slot.kind === 'down') {
        if (slot.reason !== 'stopped') serverDown = slot.response;
        return;
      }
      try {
        const turn = signal.aborted ? undefined : line.next();
        if (turn === undefined) return;
        const sent = await takeTurn(deps, token, turn.letter, slot).finally(turn.done);
        if (sent === undefined) continue;
        claimed += 1;
        settled.push(sent.stored);
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

/** Writes, claims and delivers; undefined when nothing was claimed. */
async function takeTurn(
  deps: SendBatchDeps,
  token: string,
  send: LeasedSend,
  slot: Slot,
): Promise<{ readonly stored: Promise<void> } | undefined> {
  const letter = await claimedLetter(deps, token, send);
  return letter && deliver(deps, token, send, letter, slot);
}

/** The letter, written and claimed; undefined when there is none or it may not leave. */
async function claimedLetter(
  deps: SendBatchDeps,
  token: string,
  send: LeasedSend,
): Promise<WrittenLetter | undefined> {
  const letter = await deps.letter(send.id);
  if (letter === undefined) return undefined;
  if ('reason' in letter) {
    await deps.skipped(send, letter);
    return undefined;
  }
  if (deps.mustWait(letter.to)) {
    await deps.refused(send, 'slowed down');
    return undefined;
  }
  const { decision } = letter;
  const verdict = await deps.claim({ id: send.id, profileId: send.profileId, token, decision });
  if (verdict === 'go') return letter;
  await deps.refused(send, verdict);
  return undefined;
}

/** Resolves when the letter's fate is known, with the promise of its being stored. */
async function deliver(
  deps: SendBatchDeps,
  token: string,
  send: LeasedSend,
  letter: WrittenLetter,
  slot: Slot,
): Promise<{ readonly stored: Promise<void> }> {
  const { from, to, bytes } = letter;
  const outcome = await slot.deliver({ from, to, bytes });
  if (isThrough(outcome)) deps.done(letter);
  const retryInMs =
    outcome.kind === 'deferred' ? retryDelay(send.attempts + 1, Math.random(), deps.firstRetryMs) : 0;
  const refusal = outcome.kind === 'failed' ? judgeRefusal(outcome) : undefined;
  const gone = refusal?.about === 'address' ? { address: to, reason: refusal.reason } : undefined;
  const stored = deps.settle(settlementOf(send, token, outcome, retryInMs, gone));
  stored.catch(() => undefined); // Its failure is thrown when the connections are done.
  if (outcome.kind === 'accepted') deps.contentAccepted(send.runId);
  if (refusal?.about === 'campaign') await deps.contentRefused(send.runId, outcome.response);
  return { stored };
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
    reason:
      outcome.kind === 'failed' || outcome.kind === 'deferred' ? `refused at ${outcome.stage}` : undefined,
    code: 'code' in outcome ? outcome.code : undefined,
    response: outcome.response.slice(0, 500),
    retryInMs,
    suppress,
  };
}
