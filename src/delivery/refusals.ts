import type { Outcome } from './transport.ts';

/** What a final refusal says about what was refused. */
export type Verdict =
  /** The mailbox does not exist and will not: nobody writes to this address again. */
  | { readonly about: 'address'; readonly reason: string }
  /** The letter or its sender is not wanted: others of the same campaign will fare no better. */
  | { readonly about: 'campaign' }
  /** Only this letter to this reader, for now: a full mailbox, a rule of the receiver. */
  | { readonly about: 'letter' };

/** RFC 3463 §3.2 and RFC 7505: the destination mailbox, system or null MX that does not exist. */
const goneAddresses = new Map([
  ['5.1.1', 'no such mailbox'],
  ['5.1.2', 'no such mail domain'],
  ['5.1.3', 'address the server cannot read'],
  ['5.1.6', 'mailbox has moved'],
  ['5.1.10', 'the domain takes no mail'],
]);

/**
 * Judges a 5xx by the stage and the enhanced status code (RFC 3463). At RCPT, 5.1.x means the address; 5.7.x is
 * policy and says nothing about whether the mailbox exists, and a bare 550 is used for both, so neither suppresses.
 * At MAIL, DATA and after the letter's bytes the refusal is of the sender or of what was sent, unless the code
 * speaks of the mailbox (5.1.x, 5.2.x).
 */
export function judgeRefusal(outcome: Extract<Outcome, { kind: 'failed' }>): Verdict {
  const enhanced = /\b5\.\d{1,3}\.\d{1,3}\b/.exec(outcome.response)?.[0];
  const gone = enhanced === undefined ? undefined : goneAddresses.get(enhanced);
  if (gone !== undefined && outcome.stage !== 'mail') return { about: 'address', reason: gone };
  if (outcome.stage === 'rcpt' || enhanced?.startsWith('5.2.')) return { about: 'letter' };
  return { about: 'campaign' };
}

const MOST_IN_A_ROW = 10;

/**
 * Counts refusals of a campaign's letters as such. A run is to be stopped when ten in a row were refused; one
 * accepted letter starts the count again, so single filters of single receivers stop nothing.
 */
export class RefusalCount {
  readonly #inARow = new Map<number, number>();

  /** @returns whether the run should stop now; a run that a person resumes after that starts from none */
  refused(runId: number): boolean {
    const count = (this.#inARow.get(runId) ?? 0) + 1;
    const stop = count >= MOST_IN_A_ROW;
    if (stop) this.#inARow.delete(runId);
    else this.#inARow.set(runId, count);
    return stop;
  }

  accepted(runId: number): void {
    this.#inARow.delete(runId);
  }
}
