import { withoutAddresses } from './refusal-words.ts';
import type { Outcome } from './transport.ts';

/** What a final refusal says about what was refused. */
export type Verdict =
  /** The mailbox does not exist and will not: nobody writes to this address again. */
  | { readonly about: 'address'; readonly reason: string }
  /** The letter or its sender is not wanted: others of the same campaign will fare no better. */
  | { readonly about: 'campaign' }
  /** A rule keeps this sender from this reader: one receiver's, or, when all say so, one against the sender. */
  | { readonly about: 'sender' }
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
 * A server that sends nothing on for us is known by its words as well.
 * The code stands right behind the reply's (RFC 2034 §4): what looks like one further on may be part of an IP address.
 * At MAIL, DATA and after the letter's bytes the refusal is of the sender or of what was sent, unless the code
 * speaks of the mailbox (5.1.x, 5.2.x).
 */
export function judgeRefusal(outcome: Extract<Outcome, { kind: 'failed' }>): Verdict {
  const enhanced = ENHANCED.exec(outcome.response)?.[1];
  const gone = enhanced === undefined ? undefined : goneAddresses.get(enhanced);
  if (gone !== undefined && outcome.stage !== 'mail') return { about: 'address', reason: gone };
  if (outcome.stage === 'rcpt')
    return { about: isAboutSender(enhanced, outcome.response) ? 'sender' : 'letter' };
  if (enhanced?.startsWith('5.2.')) return { about: 'letter' };
  return { about: 'campaign' };
}

const ENHANCED = /(?:^|\s)5\d\d[ -](5\.\d{1,3}\.\d{1,3})(?=\s|$)/;

/** A server that sends nothing on for us, and has no code for it. */
const NO_RELAY =
  /\brelay(ing)?\b.{0,40}\b(denied|refused|prohibited|(not|un)\s?(permitted|allowed|authorized))\b|unable to relay/i;

/** RFC 3463 §3.8 (policy), and §3.2 of the sender's address. */
function isAboutSender(enhanced: string | undefined, response: string): boolean {
  if (enhanced === undefined) return NO_RELAY.test(withoutAddresses(response));
  return enhanced.startsWith('5.7.') || /^5\.1\.[78]$/.test(enhanced);
}

const MOST_IN_A_ROW = 10;
/** Of the sender: refusals of receivers of so many domains, or so many of fewer. */
const DOMAINS = 3;
const MOST_OF_FEW = 50;

interface InARow {
  readonly letters: number;
  readonly ofSender: number;
  readonly domains: ReadonlySet<string>;
}

/**
 * Counts refusals of a campaign's letters as such, and of its sender. A run is to be stopped when ten in a row were
 * refused, if only by rules of the receivers, those of three domains; one accepted letter starts the count again, so
 * single filters of single receivers stop nothing.
 */
export class RefusalCount {
  readonly #inARow = new Map<number, InARow>();

  /**
   * @param receiver the domain whose rule refused the sender; undefined when the letter was refused
   * @returns whether the run should stop now; a run that a person resumes after that starts from none
   */
  refused(runId: number, receiver?: string): boolean {
    const before = this.#inARow.get(runId) ?? { letters: 0, ofSender: 0, domains: new Set<string>() };
    const now =
      receiver === undefined
        ? { ...before, letters: before.letters + 1 }
        : { ...before, ofSender: before.ofSender + 1, domains: new Set([...before.domains, receiver]) };
    const { letters, ofSender, domains } = now;
    const isSender = ofSender >= (domains.size >= DOMAINS ? MOST_IN_A_ROW : MOST_OF_FEW);
    const stop = letters >= MOST_IN_A_ROW || isSender;
    if (stop) this.#inARow.delete(runId);
    else this.#inARow.set(runId, now);
    return stop;
  }

  accepted(runId: number): void {
    this.#inARow.delete(runId);
  }
}
