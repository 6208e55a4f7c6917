import { dataOf } from './smtp-dots.ts';
import { type Due, fits, stageOf } from './smtp-due.ts';
import { type Commands, commandsFor, type Envelope, envelopeOf } from './smtp-envelope.ts';
import { NextLetter } from './smtp-next.ts';
import { type Extensions, openWire } from './smtp-opening.ts';
import {
  isClosing,
  oneLine,
  type Refusal,
  refusedOutcome,
  type Sent,
  sessionWasOver,
  unansweredOutcome,
} from './smtp-outcome.ts';
import type { Reply } from './smtp-reply.ts';
import type { SmtpSettings } from './smtp-url.ts';
import type { SmtpWire, WireEnd, WireListener } from './smtp-wire.ts';
import type { Outcome, OutgoingLetter, ServerFeatures } from './transport.ts';

/** Longest wait for the answer to QUIT, in milliseconds. */
const quitPatience = 1_000;

const noBytes = Buffer.alloc(0);

/**
 * One SMTP connection: opened once, then letter after letter until it ends. Every letter's fate settles, whatever
 * the server does: by its answer, by the end of the connection, or by the timeout. Where the server allows it
 * (RFC 2920), MAIL, RCPT and DATA go in one write, right behind the letter before if there is one; their answers are
 * taken one by one all the same.
 */
export class SmtpSession implements WireListener {
  readonly features: ServerFeatures;
  /** Letters that were offered over this connection, or announced. */
  carried = 0;
  /** Called once when the connection ends, unless by `quit`. */
  onEnd: () => void = () => {};
  /** Called when it seems that the server loses, or dislikes, what comes with the end of a letter. */
  onConfusion: () => void = () => {};
  private readonly wire: SmtpWire;
  private readonly extensions: Extensions;
  private due: Due = 'nothing';
  /** The letter under way: what offers it, what it is, and who waits to hear its fate, until it is told. */
  private commands: Commands = ['', '', ''];
  private bytes: Buffer = noBytes;
  private settle: ((sent: Sent) => void) | undefined;
  private readonly next: NextLetter;
  /** After a refusal: whether the server took a recipient nevertheless. */
  private tookRecipient = false;
  private tidying: Promise<void> | undefined;
  private tidied: () => void = () => {};

  private constructor(wire: SmtpWire, extensions: Extensions, answersWithin: number | undefined) {
    this.wire = wire;
    this.next = new NextLetter(answersWithin, () => {
      this.onConfusion();
      this.wire.close('no answer came to what was said with the end of a letter');
    });
    this.extensions = extensions;
    this.features = { eightBitMime: extensions.eightBitMime };
    wire.listener = this;
  }

  /**
   * Connects, secures and authenticates. Never rejects.
   * @param answersWithin ms that an announced letter may be unanswered before the server is taken to have lost it
   */
  static async open(settings: SmtpSettings, answersWithin?: number): Promise<SmtpSession | Refusal> {
    const opened = await openWire(settings);
    return 'wire' in opened ? new SmtpSession(opened.wire, opened.extensions, answersWithin) : opened;
  }

  get alive(): boolean {
    return this.wire.end === undefined;
  }

  /** Whether a letter can be announced with the one before it. */
  get pipelines(): boolean {
    return this.extensions.pipelining;
  }

  /**
   * Offers one letter, when the one before is through. Never rejects for what the server does; afterwards the
   * session may be dead (`alive`) or need tidying (`ready`).
   * @param next may be announced with it, so that it is likely to be sent after it; another one then finds the
   * session dead
   */
  async send(letter: OutgoingLetter, next?: OutgoingLetter): Promise<Sent> {
    const known = this.next.fateOf(letter);
    if (known !== undefined) return known;
    if (this.tidying !== undefined) await this.tidying;
    if (this.settle !== undefined) throw new Error('A connection takes one letter at a time.');
    if (this.next.announced !== undefined) return this.sendAnnounced(letter, next);
    const envelope = envelopeOf(letter, this.extensions);
    if ('kind' in envelope) return fixed(envelope);
    this.carried++;
    return new Promise((resolve) => {
      this.settle = resolve;
      this.next.candidate = next;
      this.bytes = letter.bytes;
      this.begin(envelope);
    });
  }

  /** Whether another letter can be offered, once what the last one left behind is cleared. */
  async ready(): Promise<boolean> {
    if (this.tidying !== undefined) await this.tidying;
    // After DATA nothing but a letter, or the end of the connection, is possible.
    if (this.next.announced !== undefined) this.close();
    return this.alive;
  }

  /** Ends the session politely; resolves when the connection is closed, soon in any case. */
  quit(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.alive) return resolve();
      const timer = setTimeout(() => this.close(), quitPatience);
      const ended = () => {
        clearTimeout(timer);
        resolve();
      };
      this.wire.listener = { replied: () => undefined, ended };
      this.wire.write('QUIT\r\n');
    });
  }

  close(): void {
    this.next.answered();
    this.wire.close();
  }

  /** Takes the next answer of the server; called by the wire. */
  replied(reply: Reply): void {
    if (this.due === 'nothing' || this.due === 'letter') this.wire.close(reply.text);
    else if (!fits(reply.code, this.due)) this.wire.close(`out of place: ${reply.text}`, 'nonsense');
    else if (this.settle === undefined && this.next.announced === undefined) this.tidy(this.due, reply);
    else {
      const wasOwed = this.due === 'mail' && this.next.answered();
      if (reply.code >= 400) this.refused(reply, wasOwed && !isClosing(reply));
      else this.agreed(this.due, reply);
    }
  }

  /** Takes the end of the connection; called by the wire. */
  ended(end: WireEnd): void {
    // One that has had enough letters ends it here, too, but not after the first.
    if (this.next.answered() && this.carried === 2) this.onConfusion();
    if (this.settle !== undefined) this.lost(end);
    this.endTidying();
    this.onEnd();
  }

  private begin(envelope: Envelope): void {
    this.due = 'mail';
    const { end } = this.wire;
    if (end !== undefined) {
      this.tell(unansweredOutcome(end.text, 'mail'), true);
      return;
    }
    this.commands = commandsFor(envelope, this.extensions);
    this.say(this.extensions.pipelining ? this.commands.join('') : this.commands[0]);
  }

  /** Goes on with the letter that the server was told of, wherever that has come to by now. */
  private sendAnnounced(letter: OutgoingLetter, next: OutgoingLetter | undefined): Promise<Sent> {
    if (letter !== this.next.announced) this.close();
    this.next.announced = undefined;
    return new Promise((resolve) => {
      this.settle = resolve;
      this.next.candidate = next;
      // Whatever ended it, not an octet of the letter had left.
      if (this.wire.end !== undefined) this.tell(unansweredOutcome(this.wire.end.text, 'mail'), true);
      else if (this.due === 'letter') this.writeLetter();
    });
  }

  /** The letter's bytes, and right behind them the commands for the next one. */
  private writeLetter(): void {
    if (!this.wire.inStep()) return;
    this.due = 'final';
    this.wire.writeAll(dataOf(this.bytes));
    const commands = this.next.announce(this.extensions);
    if (commands === undefined) return;
    this.carried++;
    this.wire.write(commands);
  }

  private say(text: string): void {
    if (this.wire.inStep()) this.wire.write(text);
  }

  /** The next step of a letter that nothing speaks against so far. */
  private agreed(due: Due, reply: Reply): void {
    if (due === 'mail') {
      this.due = 'rcpt';
      if (!this.extensions.pipelining) this.say(this.commands[1]);
    } else if (due === 'rcpt') {
      this.due = 'data';
      if (!this.extensions.pipelining) this.say(this.commands[2]);
    } else if (due === 'data') {
      if (this.settle === undefined) this.due = 'letter';
      else this.writeLetter();
    } else if (this.wire.flushed) {
      this.goOn();
      this.tell({ kind: 'accepted', response: oneLine(reply.text) }, false);
    } else {
      // It counts only for a whole letter.
      this.wire.close(`answered before the letter had left: ${reply.text}`, 'nonsense');
    }
  }

  /** The letter under way is over. */
  private goOn(): void {
    const isNextDue = this.next.announced !== undefined;
    this.due = isNextDue ? 'mail' : 'nothing';
    if (isNextDue) this.next.expectAnswer();
  }

  /**
   * The letter's fate is known; what is still due to the server follows, so that the connection can be kept.
   * @param isConfused whether this may be about the way in which it was told of the letter: then it is offered again
   */
  private refused(reply: Reply, isConfused: boolean): void {
    const stage = stageOf(this.due);
    if (isConfused) this.onConfusion();
    this.tell(refusedOutcome(reply, stage), isConfused || sessionWasOver(reply, stage));
    // What is left of half a letter could be taken for commands.
    if (isClosing(reply) || (stage === 'final' && !this.wire.flushed)) this.wire.close(reply.text);
    if (this.wire.end !== undefined) return;
    if (this.next.announced !== undefined) {
      this.goOn();
      return;
    }
    this.tidying = new Promise((resolve) => {
      this.tidied = resolve;
    });
    this.tookRecipient = false;
    const { pipelining } = this.extensions;
    if (pipelining && stage === 'mail') this.due = 'rcpt';
    else if (pipelining && stage === 'rcpt') this.due = 'data';
    else this.reset();
  }

  /** Answers to commands that were written together with the one that was refused, and to what clears it up. */
  private tidy(due: Due, reply: Reply): void {
    const yes = reply.code < 400;
    if (isClosing(reply) || (due === 'reset' && !yes)) this.wire.close(reply.text);
    else if (due === 'rcpt') {
      this.tookRecipient = yes;
      this.due = 'data';
    } else if (due === 'reset') {
      this.due = 'nothing';
      this.endTidying();
    } else if (due === 'data' && yes) this.sendNoLetter(reply);
    else this.reset();
  }

  /**
   * The server wants a letter though it refused its sender or its only recipient: a lone dot goes to nobody
   * (RFC 2920 §3.1). If it has somebody, only the end of the connection keeps an empty letter from him.
   */
  private sendNoLetter(reply: Reply): void {
    this.due = 'dot';
    if (this.tookRecipient) this.wire.close(`without a sender: ${reply.text}`, 'nonsense');
    else this.say('.\r\n');
  }

  private reset(): void {
    this.due = 'reset';
    this.say('RSET\r\n');
  }

  private endTidying(): void {
    this.tidying = undefined;
    this.tidied();
  }

  private lost(end: WireEnd): void {
    const stage = stageOf(this.due);
    this.tell(unansweredOutcome(end.text, stage), sessionWasOver(end, stage));
  }

  private tell(outcome: Outcome, sessionOver: boolean): void {
    const sent = { outcome, stale: sessionOver && this.carried > 1 };
    const { settle } = this;
    this.next.candidate = undefined;
    if (settle === undefined) this.next.foretell(sent);
    this.settle = undefined;
    this.bytes = this.next.announced?.bytes ?? noBytes;
    settle?.(sent);
  }
}

function fixed(outcome: Outcome): Sent {
  return { outcome, stale: false };
}
