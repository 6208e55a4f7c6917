import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { messageOf } from '../errors.ts';
import { type Reply, ReplyReader } from './smtp-reply.ts';
import type { SmtpSettings } from './smtp-url.ts';

/** Longest wait for the connection, and again for TLS and the greeting, in milliseconds. */
const connectPatience = 30_000;

/** Answers are short; the wire reads into the same few octets again and again. */
const readOctets = 4096;

/**
 * How a connection ended, or that it never came about: closed or broken by the other side, silent for too long,
 * or by words that are not SMTP.
 */
export interface WireEnd {
  readonly code: undefined;
  readonly why: 'closed' | 'silent' | 'nonsense';
  /** Whether it was being made, or being secured, when it ended. */
  readonly during: 'connecting' | 'securing' | 'talking';
  readonly text: string;
  /** What the system calls it, such as ECONNREFUSED. */
  readonly cause?: string | undefined;
}

/** Who hears what comes over a wire. */
export interface WireListener {
  replied(reply: Reply): void;
  /** Called once, at the end; nothing is heard after it. */
  ended(end: WireEnd): void;
}

/**
 * A connection that speaks lines: commands go out as they are, answers come in whole. It ends by itself after the
 * patience it was given, whatever the other side does.
 */
export class SmtpWire {
  /** How it ended; undefined while it lives. */
  end: WireEnd | undefined;
  /** Without a listener the server has nothing to say, and a word from it ends the connection. */
  listener: WireListener | undefined;
  private socket: Socket;
  private reader = new ReplyReader();
  private during: WireEnd['during'] = 'connecting';
  private patience: number;
  private readonly settings: SmtpSettings;
  private allLeft = true;
  private readonly left = (error?: Error | null) => {
    if (error == null) this.allLeft = true;
  };

  /** Begins to connect. Everything else is heard by its listener. */
  constructor(settings: SmtpSettings) {
    this.settings = settings;
    this.patience = Math.min(settings.timeout, connectPatience);
    const place = { host: settings.host, port: settings.port };
    if (settings.tls === 'implicit') {
      const socket = connectTls({ ...place, ...tlsOptions(settings) });
      this.attendTls(socket);
      this.socket = socket;
    } else {
      this.socket = connectPlain({ ...place, onread: this.intoOneBuffer() });
      this.attend(this.socket);
    }
    const next = settings.tls === 'implicit' ? 'securing' : 'talking';
    this.socket.once('connect', () => {
      this.during = next;
    });
  }

  /** Whether all pieces that were written as one have left this process. */
  get flushed(): boolean {
    return this.allLeft;
  }

  /**
   * Whether the server is where we are: it lives, and all it said was heard. One that answers ahead of what it is
   * asked is not listened to any longer, because its answers could be taken for others.
   */
  inStep(): boolean {
    if (this.reader.pending) this.close('the server answered before it was asked', 'nonsense');
    return this.end === undefined;
  }

  /** Says a line, or nothing, and hears the next answer, or the end. */
  ask(line: string | undefined): Promise<Reply | WireEnd> {
    return new Promise((resolve) => {
      if (this.end !== undefined) return resolve(this.end);
      const replied = (reply: Reply) => {
        this.listener = undefined;
        resolve(reply);
      };
      this.listener = { replied, ended: resolve };
      if (line !== undefined) this.write(`${line}\r\n`);
    });
  }

  /** Writes ASCII text. */
  write(text: string): void {
    if (this.end === undefined) this.socket.write(text, 'latin1');
  }

  /** Writes pieces as one. */
  writeAll(pieces: readonly Buffer[]): void {
    if (this.end !== undefined) return;
    this.allLeft = false;
    this.socket.cork();
    for (const [place, piece] of pieces.entries())
      this.socket.write(piece, place === pieces.length - 1 ? this.left : undefined);
    this.socket.uncork();
  }

  /** From here on the connection may be silent for as long as the settings say. */
  greeted(): void {
    this.patience = this.settings.timeout;
    this.socket.setTimeout(this.patience);
  }

  /** Goes on in TLS (RFC 3207). Resolves with the end if that fails. */
  upgrade(): Promise<WireEnd | undefined> {
    return new Promise((resolve) => {
      if (this.end !== undefined) return resolve(this.end);
      this.during = 'securing';
      this.listener = { replied: () => undefined, ended: resolve };
      // What came in plain text must not be taken for what is said in TLS.
      if (!this.inStep()) return;
      this.socket.setTimeout(0);
      const socket = connectTls({ socket: this.socket, ...tlsOptions(this.settings) });
      this.socket = socket;
      this.attendTls(socket);
      socket.once('secureConnect', () => {
        this.listener = undefined;
        resolve(undefined);
      });
    });
  }

  /** Ends the connection at once. */
  close(text = 'the connection was closed here', why: WireEnd['why'] = 'closed', cause?: string): void {
    if (this.end !== undefined) return;
    this.end = { code: undefined, why, during: this.during, text, cause };
    this.socket.destroy();
    const cutOff = this.reader.unfinished();
    // Half an answer cannot say yes, but its code is enough to say no.
    if (why !== 'nonsense' && cutOff !== undefined && cutOff.code >= 400) this.listener?.replied(cutOff);
    this.listener?.ended(this.end);
    this.listener = undefined;
  }

  private attendTls(socket: TLSSocket): void {
    this.attend(socket);
    socket.once('secureConnect', () => {
      this.during = 'talking';
    });
    socket.on('data', (chunk: Buffer) => this.heard(chunk.toString('latin1')));
  }

  private attend(socket: Socket): void {
    // A socket that was wrapped in TLS still has its say about errors; the one that wraps it repeats them.
    const close = (text: string, why?: WireEnd['why'], cause?: string) => {
      if (socket === this.socket) this.close(text, why, cause);
    };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(this.patience);
    socket.on('timeout', () => close(`nothing was heard for ${this.patience / 1000} s`, 'silent'));
    socket.on('error', (error: NodeJS.ErrnoException) => close(messageOf(error), 'closed', error.code));
    socket.on('end', () => close('the server closed the connection'));
    socket.on('close', () => close('the connection was closed'));
  }

  /** Without TLS, what comes needs neither a stream nor new memory. */
  private intoOneBuffer() {
    const buffer = Buffer.allocUnsafeSlow(readOctets);
    return {
      buffer,
      callback: (octets: number) => {
        this.heard(buffer.toString('latin1', 0, octets));
        return true;
      },
    };
  }

  private heard(chunk: string): void {
    this.reader.push(chunk);
    while (this.end === undefined) {
      const reply = this.reader.next();
      if (reply === undefined) return;
      if (reply === 'nonsense') this.close(`that is not SMTP: ${this.reader.remainder}`, 'nonsense');
      else if (this.listener === undefined) this.close(reply.text);
      else this.listener.replied(reply);
    }
  }
}

function tlsOptions(settings: SmtpSettings) {
  return {
    host: settings.host,
    rejectUnauthorized: settings.verify,
    // No address literals there (RFC 6066 §3).
    ...(isIP(settings.host) === 0 ? { servername: settings.host } : {}),
  };
}
