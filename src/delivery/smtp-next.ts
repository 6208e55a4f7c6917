import { commandsFor, envelopeOf } from './smtp-envelope.ts';
import type { Extensions } from './smtp-opening.ts';
import type { Sent } from './smtp-outcome.ts';
import type { OutgoingLetter } from './transport.ts';

/** How long the server may take for the first answer to a letter that was announced, ms. */
const ANSWERS_WITHIN_MS = 10_000;

/** What a session knows of the letter after the one under way, until somebody asks to send it. */
export class NextLetter {
  /** It may be announced at the end of the one under way. */
  candidate: OutgoingLetter | undefined;
  /** The server has its envelope. */
  announced: OutgoingLetter | undefined;
  /** How it fared, when the server refused it before anybody asked. */
  private foretold: { readonly letter: OutgoingLetter; readonly sent: Sent } | undefined;
  /** Runs while the first answer about it is due. */
  private timer: NodeJS.Timeout | undefined;
  private readonly answersWithin: number;
  private readonly onLoss: () => void;

  /**
   * @param answersWithin ms that an announced letter may be unanswered
   * @param onLoss is called when it was unanswered for longer
   */
  constructor(answersWithin = ANSWERS_WITHIN_MS, onLoss: () => void) {
    this.answersWithin = answersWithin;
    this.onLoss = onLoss;
  }

  /** What to say right behind the letter under way (RFC 2920 §3.1); undefined when nothing can be announced. */
  announce(extensions: Extensions): string | undefined {
    const { candidate } = this;
    this.candidate = undefined;
    if (candidate === undefined || !extensions.pipelining) return undefined;
    const envelope = envelopeOf(candidate, extensions);
    if ('kind' in envelope) return undefined;
    this.announced = candidate;
    return commandsFor(envelope, extensions).join('');
  }

  /** The answers about the announced letter follow. */
  expectAnswer(): void {
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.onLoss();
    }, this.answersWithin);
  }

  /** Something came. @returns whether it was the first answer about an announced letter, or came instead of it */
  answered(): boolean {
    if (this.timer === undefined) return false;
    clearTimeout(this.timer);
    this.timer = undefined;
    return true;
  }

  /** The announced letter was refused. */
  foretell(sent: Sent): void {
    this.foretold = this.announced && { letter: this.announced, sent };
    this.announced = undefined;
  }

  /** How a letter fared that was refused already; told once. */
  fateOf(letter: OutgoingLetter): Sent | undefined {
    const { foretold } = this;
    this.foretold = undefined;
    return foretold?.letter === letter ? foretold.sent : undefined;
  }
}
