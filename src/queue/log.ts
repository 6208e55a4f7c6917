import { messageOf } from '../errors.ts';

/** The part of a pino logger that the queue writes to. */
export interface Log {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
  debug(details: object, message: string): void;
}

/** A server that comes and goes is not told of more often than this. */
const quietMs = 60_000;

/** Tells of a lost connection once, however many clients notice, and once when it is back. */
export class ConnectionLog {
  readonly #log: Log;
  readonly #place: string;
  #lost = false;
  #toldAt = -quietMs;
  #closed = false;

  constructor(log: Log, place: string) {
    this.#log = log;
    this.#place = place;
  }

  /** Takes any error of a client: a lost connection is told once, everything else each time. */
  error(error: unknown): void {
    if (this.#closed) return;
    const details = { queue: this.#place, error: messageOf(error) };
    if (!isConnectionError(error)) this.#log.warn(details, 'The queue reported an error.');
    else if (this.#lost || performance.now() - this.#toldAt < quietMs)
      this.#log.debug(details, 'The queue still does not answer.');
    else {
      this.#lost = true;
      this.#toldAt = performance.now();
      this.#log.warn(details, 'The queue does not answer; trying again until it does.');
    }
  }

  /** Call when a connection stands, or something was done over it. */
  connected(): void {
    if (this.#lost) this.#log.warn({ queue: this.#place }, 'The queue answers again.');
    this.#lost = false;
  }

  /** Call when the connection is given up on purpose: what its clients still have to say is of no interest. */
  close(): void {
    this.#closed = true;
  }
}

const codes = new Set([
  ...[
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
  ],
  // PostgreSQL: the connection exceptions (class 08), shut down, crashed, starting.
  ...['08000', '08001', '08003', '08004', '08006', '57P01', '57P02', '57P03'],
]);

const sentences =
  /connection is closed|connection terminated|connection timeout|timeout exceeded when trying to connect|command timed out|query read timeout|max retries per request|stream isn't writeable|not queryable|^read E|^LOADING /i;

/** Whether an error says that the server cannot be reached, rather than that it refused something. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isConnectionError);
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && codes.has(error.code)) return true;
  return sentences.test(error.message);
}
