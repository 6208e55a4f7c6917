import type { ClaimRequest, LeasedSend, Settlement, Verdict } from './port.ts';
import { judgeRefusal } from './refusals.ts';
import { retryDelay } from './retry.ts';
import type { Outcome, Transport } from './transport.ts';

/** A leased send whose letter is written and whose decision is stored. */
export interface ReadyLetter {
  readonly send: LeasedSend;
  readonly envelope: { readonly from: string; readonly to: string };
  readonly bytes: Buffer;
}

/** What sending a batch needs; claims and settlements are grouped over all letters in flight. */
export interface SendBatchDeps {
  readonly transport: Transport;
  claim(request: ClaimRequest): Promise<Verdict>;
  settle(settlement: Settlement): Promise<void>;
  /** The wait before the second attempt of a letter that was put off, ms. */
  readonly firstRetryMs: number;
  /** The server refused a letter for what it is, not for its reader. */
  contentRefused(runId: number, response: string): Promise<void>;
  contentAccepted(runId: number): void;
  /** A letter that may not leave now, for any verdict but `go`. */
  refused(send: LeasedSend, verdict: Exclude<Verdict, 'go'>): Promise<void>;
}

/** `serverDown` carries the server's last word when no connection could be had and letters were left unclaimed. */
export interface BatchResult {
  readonly claimed: number;
  readonly serverDown: string | undefined;
}

/**
 * Sends the letters of one lease over as many connections as the transport has. A letter is claimed only when a
 * connection is ready for it, so a server that is down, or a process that dies, leaves at most one claimed letter
 * a connection. Ends early, without claiming more, when `signal` aborts.
 */
export async function sendBatch(
  deps: SendBatchDeps,
  token: string,
  letters: readonly ReadyLetter[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const queue = letters.values();
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
        const next = signal.aborted ? undefined : queue.next().value;
        if (next === undefined) return;
        const verdict = await deps.claim({ id: next.send.id, profileId: next.send.profileId, token });
        if (verdict !== 'go') {
          await deps.refused(next.send, verdict);
          continue;
        }
        claimed += 1;
        const outcome = await slot.deliver({ ...next.envelope, bytes: next.bytes });
        const retryInMs =
          outcome.kind === 'deferred'
            ? retryDelay(next.send.attempts + 1, Math.random(), deps.firstRetryMs)
            : 0;
        const refusal = outcome.kind === 'failed' ? judgeRefusal(outcome) : undefined;
        const settling = deps.settle(settlementOf(next.send, token, outcome, refusal, retryInMs));
        settling.catch(() => undefined); // Its failure is thrown below, when the connections are done.
        settled.push(settling);
        if (outcome.kind === 'accepted') deps.contentAccepted(next.send.runId);
        if (refusal?.about === 'campaign') await deps.contentRefused(next.send.runId, outcome.response);
      } finally {
        slot.release();
      }
    }
  };
  const runners = Math.min(deps.transport.concurrency, letters.length);
  try {
    await allEnded(Array.from({ length: runners }, runner));
  } finally {
    await allEnded(settled);
  }
  return { claimed, serverDown };
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
  refusal: ReturnType<typeof judgeRefusal> | undefined,
  retryInMs: number,
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
    suppress: refusal?.about === 'address' ? refusal.reason : undefined,
  };
}
