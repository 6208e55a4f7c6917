import { wireAddress } from './address.ts';
import { dataOf } from './smtp-dots.ts';
import { type Extensions, openWire } from './smtp-opening.ts';
import {
  isClosing,
  notOffered,
  oneLine,
  type Refusal,
  refusedOutcome,
  sessionWasOver,
  unansweredOutcome,
} from './smtp-outcome.ts';
import type { Reply } from './smtp-reply.ts';
import type { SmtpSettings } from './smtp-url.ts';
import type { SmtpWire, WireEnd, WireListener } from './smtp-wire.ts';
import type { Outcome, OutgoingLetter, ServerFeatures, Stage } from './transport.ts';

/** Longest wait for the answer to QUIT, in milliseconds. */
const quitPatience = 1_000;

/** How a letter fared, and whether the session had been over before it began. */
export interface Sent {
  readonly outcome: Outcome;
  readonly stale: boolean;
}

/**
 * What the next answer is for; `final` from the first octet of the letter that is written. After a refusal follow
 * the answers to what was said with the refused command, `dot` for an empty letter that must be ended, and `reset`.
 */
type Due = 'mail' | 'rcpt' | 'data' | 'final' | 'dot' | 'reset' | 'nothing';

const noBytes = Buffer.alloc(0);

/**
 * One SMTP connection: opened once, then letter after letter until it ends. Every letter's fate settles, whatever
 * the server does: by its answer, by the end of the connection, or by the timeout. Where the server allows it
 * (RFC 2920), MAIL, RCPT and DATA go in one write; their answers are taken one by one all the same.
 */
export class SmtpSession implements WireListener {
  readonly features: ServerFeatures;
  /** Letters that were offered over this connection. */
  carried = 0;
  /** Called once when the connection ends, unless by `quit`. */
  onEnd: () => void = () => {};
  private readonly wire: SmtpWire;
  private readonly extensions: Extensions;
  private due: Due = 'nothing';
  /** The letter under way: where it goes, what it is, and who waits to hear its fate, until it is told. */
  private to = '';
  private bytes: Buffer = noBytes;
  private settle: ((sent: Sent) => void) | undefined;
  /** After a refusal: whether the server took a recipient nevertheless. */
  private tookRecipient = false;
  private tidying: Promise<void> | undefined;
  private tidied: () => void = () => {};

  private constructor(wire: SmtpWire, extensions: Extensions) {
    this.wire = wire;
    this.extensions = extensions;
    this.features = { eightBitMime: extensions.eightBitMime };
    wire.listener = this;
  }

  /** Connects, secures and authenticates. Never rejects. */
  static async open(settings: SmtpSettings): Promise<SmtpSession | Refusal> {
    const opened = await openWire(settings);
    return 'wire' in opened ? new SmtpSession(opened.wire, opened.extensions) : opened;
  }

  get alive(): boolean {
    return this.wire.end === undefined;
  }

  /**
   * Offers one letter, when the one before is through. Never rejects for what the server does; afterwards the
   * session may be dead (`alive`) or need tidying (`ready`).
   */
  async send(letter: OutgoingLetter): Promise<Sent> {
    if (this.tidying !== undefined) await this.tidying;
    if (this.settle !== undefined) throw new Error('A connection takes one letter at a time.');
    const from = letter.from === '' ? '' : wireAddress(letter.from);
    const to = wireAddress(letter.to);
    if (from === undefined) return fixed(unwritable('mail', 'sender'));
    if (to === undefined) return fixed(unwritable('rcpt', 'recipient'));
    const { size } = this.extensions;
    if (size && letter.bytes.length > size) return fixed(tooBig(letter.bytes.length, size));
    this.carried++;
    return new Promise((resolve) => {
      this.settle = resolve;
      this.begin(from, to, letter.bytes);
    });
  }

  /** Whether another letter can be offered, once what the last one left behind is cleared. */
  async ready(): Promise<boolean> {
    if (this.tidying !== undefined) await this.tidying;
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
    this.wire.close();
  }

  /** Takes the next answer of the server; called by the wire. */
  replied(reply: Reply): void {
    if (this.due === 'nothing') this.wire.close(reply.text);
    else if (!fits(reply.code, this.due)) this.wire.close(`out of place: ${reply.text}`, 'nonsense');
    else if (this.settle === undefined) this.tidy(this.due, reply);
    else if (reply.code >= 400) this.refused(reply);
    else this.agreed(this.due, reply);
  }

  /** Takes the end of the connection; called by the wire. */
  ended(end: WireEnd): void {
    if (this.settle !== undefined) this.lost(end);
    this.endTidying();
    this.onEnd();
  }

  private begin(from: string, to: string, bytes: Buffer): void {
    this.due = 'mail';
    const { end } = this.wire;
    if (end !== undefined) {
      this.tell(unansweredOutcome(end.text, 'mail'), true);
      return;
    }
    this.to = to;
    this.bytes = bytes;
    const { size, eightBitMime, pipelining } = this.extensions;
    const parameters = `${size === undefined ? '' : ` SIZE=${bytes.length}`}${eightBitMime ? ' BODY=8BITMIME' : ''}`;
    const mail = `MAIL FROM:<${from}>${parameters}\r\n`;
    this.say(pipelining ? `${mail}RCPT TO:<${to}>\r\nDATA\r\n` : mail);
  }

  private say(text: string): void {
    if (this.wire.inStep()) this.wire.write(text);
  }

  /** The next step of a letter that nothing speaks against so far. */
  private agreed(due: Due, reply: Reply): void {
    if (due === 'mail') {
      this.due = 'rcpt';
      if (!this.extensions.pipelining) this.say(`RCPT TO:<${this.to}>\r\n`);
    } else if (due === 'rcpt') {
      this.due = 'data';
      if (!this.extensions.pipelining) this.say('DATA\r\n');
    } else if (due === 'data') {
      if (!this.wire.inStep()) return;
      this.due = 'final';
      this.wire.writeAll(dataOf(this.bytes));
    } else if (this.wire.flushed) {
      this.due = 'nothing';
      this.tell({ kind: 'accepted', response: oneLine(reply.text) }, false);
    } else {
      // It counts only for a whole letter.
      this.wire.close(`answered before the letter had left: ${reply.text}`, 'nonsense');
    }
  }

  /** The letter's fate is known; what is still due to the server follows, so that the connection can be kept. */
  private refused(reply: Reply): void {
    const stage = stageOf(this.due);
    this.tell(refusedOutcome(reply, stage), sessionWasOver(reply, stage));
    // What is left of half a letter could be taken for commands.
    if (isClosing(reply) || (stage === 'final' && !this.wire.flushed)) this.wire.close(reply.text);
    if (this.wire.end !== undefined) return;
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
    const { settle } = this;
    this.settle = undefined;
    this.bytes = noBytes;
    settle?.({ outcome, stale: sessionOver && this.carried > 1 });
  }
}

/** The stage at which a letter is while an answer is due. */
function stageOf(due: Due): Stage {
  return due === 'mail' || due === 'rcpt' || due === 'data' ? due : 'final';
}

/** Whether this can be the answer to that: no fits anything, go on only DATA (RFC 5321 §4.3.2). */
function fits(code: number, due: Due): boolean {
  return code >= 400 || code >= 300 === (due === 'data');
}

function fixed(outcome: Outcome): Sent {
  return { outcome, stale: false };
}

function unwritable(stage: Stage, who: string): Outcome {
  return notOffered(553, stage, '5.1.3', `the ${who}'s address cannot be written in SMTP`);
}

function tooBig(octets: number, most: number): Outcome {
  return notOffered(552, 'mail', '5.3.4', `it has ${octets} octets, the server takes at most ${most}`);
}
