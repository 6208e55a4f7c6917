import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { wireAddress } from './address.ts';
import {
  oneLine,
  outcomeOf,
  type Refusal,
  refusalOf,
  type SmtpError,
  sessionWasOver,
} from './smtp-outcome.ts';
import type { SmtpSettings } from './smtp-url.ts';
import type { Outcome, OutgoingLetter, ServerFeatures } from './transport.ts';

/** Longest wait for a connection and its greeting, and for the answer to QUIT, in milliseconds. */
const connectPatience = 30_000;
const quitPatience = 1_000;

/** A letter's bytes as a stream: nodemailer reads it only after 354, and so we know when they begin to leave. */
class LetterBody extends Readable {
  began = false;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    super({ highWaterMark: bytes.length + 1 });
    this.bytes = bytes;
  }

  override _read(): void {
    this.began = true;
    this.push(this.bytes);
    this.push(null);
  }
}

/** What nodemailer's log tells us about the wire; nothing of it is kept or written anywhere. */
class WireLog {
  /** Answers of the server since it was last set to 0. */
  replies = 0;
  /** Whether the letter, with the dot at its end, was handed to the socket. */
  written = false;

  readonly logger = {
    debug: (entry: { tnx?: string }) => {
      if (entry.tnx === 'server') this.replies++;
    },
    info: (entry: { tnx?: string }) => {
      if (entry.tnx === 'message') this.written = true;
    },
    warn: () => {},
    error: () => {},
  };
}

/** How a letter fared, and whether the session had been over before it began. */
export interface Sent {
  readonly outcome: Outcome;
  readonly stale: boolean;
}

/**
 * One SMTP connection: opened once, then letter after letter until it ends. Every step settles, whatever the
 * server does: by its answer, by the end of the connection, or by the timeout.
 */
export class SmtpSession {
  features: ServerFeatures = { eightBitMime: false };
  /** Letters that were offered over this connection. */
  carried = 0;
  alive = true;
  /** Called once when the connection ends, for whatever reason. */
  onEnd: () => void = () => {};
  private readonly connection: SMTPConnection;
  private readonly wire = new WireLog();
  private lastError: SmtpError | undefined;
  private interrupt: (error: SmtpError) => void = () => {};
  private tidying: Promise<unknown> | undefined;

  private constructor(settings: SmtpSettings) {
    this.connection = new SMTPConnection({ ...connectionOptions(settings), logger: this.wire.logger });
    this.connection.on('error', (error: SmtpError) => {
      this.lastError = error;
    });
    this.connection.on('end', () => this.ended());
  }

  /** Connects, secures and authenticates. Never rejects. */
  static async open(settings: SmtpSettings): Promise<SmtpSession | Refusal> {
    const session = new SmtpSession(settings);
    const refused = (await session.connect()) ?? (await session.login(settings.auth));
    if (refused === undefined) return session;
    session.close();
    return refused;
  }

  /** Offers one letter. Never rejects; afterwards the session may be dead (`alive`) or need tidying (`ready`). */
  async send(letter: OutgoingLetter): Promise<Sent> {
    await this.tidying;
    const from = letter.from === '' ? '' : wireAddress(letter.from);
    const to = wireAddress(letter.to);
    if (from === undefined) return notOffered('mail', 'sender');
    if (to === undefined) return notOffered('rcpt', 'recipient');
    const body = new LetterBody(letter.bytes);
    const before = this.carried++;
    this.wire.replies = 0;
    this.wire.written = false;
    let response = '';
    const envelope = { from, to, size: letter.bytes.length, use8BitMime: true };
    const error = await this.step((done) =>
      this.connection.send(envelope, body, (failure, info) => {
        response = failure ? '' : oneLine(info.response);
        done(failure);
      }),
    );
    if (error === undefined) return { outcome: this.answered(response), stale: false };
    const seen = { replies: this.wire.replies, began: body.began };
    this.afterRefusal(body);
    return { outcome: outcomeOf(error, seen), stale: before > 0 && sessionWasOver(error, seen) };
  }

  /** Whether another letter can be offered, once what the last one left behind is cleared. */
  async ready(): Promise<boolean> {
    await this.tidying;
    return this.alive;
  }

  /** Ends the session politely; resolves when the connection is closed, soon in any case. */
  async quit(): Promise<void> {
    const timer = setTimeout(() => this.close(), quitPatience);
    await this.step(() => this.connection.quit());
    clearTimeout(timer);
  }

  close(): void {
    this.connection.close();
  }

  private async connect(): Promise<Refusal | undefined> {
    const error = await this.step((done) => this.connection.connect(done));
    if (error !== undefined) return refusalOf(error, this.connection.upgrading === true);
    const greeting = this.connection.lastServerResponse;
    this.features = { eightBitMime: typeof greeting === 'string' && /^250[ -]8BITMIME\b/im.test(greeting) };
    return undefined;
  }

  private async login(auth: SmtpSettings['auth']): Promise<Refusal | undefined> {
    if (auth === undefined) return undefined;
    const error = await this.step((done) => this.connection.login({ ...auth }, done));
    return error === undefined ? undefined : { ...refusalOf(error, false), stage: 'auth' };
  }

  /** A positive answer counts only for a whole letter. */
  private answered(response: string): Outcome {
    if (this.wire.written) return { kind: 'accepted', response };
    this.close();
    return { kind: 'unknown', response: `answered before the letter had left: ${response}` };
  }

  /** RSET keeps a connection usable after a refusal, unless half a letter is still on its way. */
  private afterRefusal(body: LetterBody): void {
    if (!this.alive) return;
    if (body.began && !this.wire.written) {
      this.close();
      return;
    }
    this.tidying = this.step((done) => this.connection.reset(done)).then((error) => {
      this.tidying = undefined;
      if (error !== undefined) this.close();
    });
  }

  /** Runs one step; resolves with its error, or with what ended the connection meanwhile. */
  private step(run: (done: (error?: SmtpError | null) => void) => void): Promise<SmtpError | undefined> {
    return new Promise((resolve) => {
      if (!this.alive) return resolve(this.endError());
      this.interrupt = resolve;
      run((error) => resolve(error ?? undefined));
    });
  }

  private ended(): void {
    this.alive = false;
    // nodemailer may still hand a better error to the step's own callback in this same turn.
    queueMicrotask(() => this.interrupt(this.endError()));
    this.onEnd();
  }

  private endError(): SmtpError {
    return this.lastError ?? new Error('The connection was closed');
  }
}

function connectionOptions(settings: SmtpSettings): SMTPConnection.Options {
  return {
    host: settings.host,
    port: settings.port,
    secure: settings.tls === 'implicit',
    requireTLS: settings.tls === 'require',
    ignoreTLS: settings.tls === 'never',
    name: settings.name,
    tls: { rejectUnauthorized: settings.verify },
    connectionTimeout: Math.min(settings.timeout, connectPatience),
    greetingTimeout: Math.min(settings.timeout, connectPatience),
    socketTimeout: settings.timeout,
    // Only with this does nodemailer report commands and answers one by one.
    transactionLog: true,
  };
}

function notOffered(stage: 'mail' | 'rcpt', who: string): Sent {
  const response = `553 5.1.3 not offered: the ${who}'s address cannot be written in SMTP`;
  return { outcome: { kind: 'failed', code: 553, response, stage }, stale: false };
}
