/**
 * The port between the sending worker and the wire. A worker first asks for a slot, so that nothing is
 * claimed while the server is down; then it claims the send in the ledger, delivers, and releases the slot.
 */

/** How far the dialogue had come. `data` is the command, `final` the answer to the letter's bytes. */
export type Stage = 'connect' | 'tls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'final';

/** What became of a letter; `response` is one line, as the server said it or as we can tell it. */
export type Outcome =
  | { readonly kind: 'accepted'; readonly response: string }
  /** Not taken for now: a 4xx answer, or a connection lost before the first byte after DATA. */
  | {
      readonly kind: 'deferred';
      readonly code: number | undefined;
      readonly response: string;
      readonly stage: Stage;
      /** `server`: it says nothing about this letter; others to the same server would fare no better. */
      readonly scope: 'letter' | 'server';
      /** The server asked for fewer letters, and is left alone for a while already: others take them. */
      readonly heeded?: boolean | undefined;
    }
  /** Refused for good: a 5xx answer. */
  | { readonly kind: 'failed'; readonly code: number; readonly response: string; readonly stage: Stage }
  /** The letter's bytes had begun to leave, and no answer came that tells what became of them. */
  | { readonly kind: 'unknown'; readonly response: string };

/** A letter with its envelope; `bytes` as they are, lines ended by CRLF, not dot-stuffed. */
export interface OutgoingLetter {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}

/** What the server announced in its answer to EHLO. */
export interface ServerFeatures {
  readonly eightBitMime: boolean;
}

/** One connection, greeted, secured and authenticated, for one letter after another until it is released. */
export interface Slot {
  readonly kind: 'slot';
  readonly features: ServerFeatures;
  /**
   * Resolves when the letter's fate is known; never rejects for what the server does. A letter whose bytes
   * had not begun may be offered once more on a fresh connection, if the server had closed the idle one.
   * @param next a letter that is likely to be delivered over this slot afterwards: where the server allows it, its
   * envelope goes with the end of this one, which saves a round trip. Nothing of its bytes leaves before it is
   * delivered itself; if it is not, the connection ends.
   */
  deliver(letter: OutgoingLetter, next?: OutgoingLetter): Promise<Outcome>;
  /** Whether two letters may be delivered yet, one after the other, before the connection should be given back. */
  mayGoOn(): boolean;
  /** Gives the connection back; a second call does nothing. Resolves when it is free for others, or closed. */
  release(): Promise<void>;
}

/** Why there is no slot. */
export interface Down {
  readonly kind: 'down';
  /**
   * `unreachable`: an attempt just failed. `waiting`: one failed a short while ago, none was made now.
   * `stopped`: the caller's signal, or the transport, was closed. `shared`: other workers use all connections that
   * the server takes from all of us.
   */
  readonly reason: 'unreachable' | 'waiting' | 'stopped' | 'shared';
  readonly stage: Stage;
  readonly code: number | undefined;
  readonly response: string;
  /** Milliseconds after which another attempt makes sense; 0 when stopped. */
  readonly retryIn: number;
}

/** What a slot is asked for in vain once the caller's signal, or the transport, was closed. */
export const stopped: Down = {
  kind: 'down',
  reason: 'stopped',
  stage: 'connect',
  code: undefined,
  response: 'the transport was stopped',
  retryIn: 0,
};

/** A server that takes letters, over a bounded number of connections that are kept and reused. */
export interface Transport {
  /** The most slots that exist at the same time. */
  readonly concurrency: number;
  /**
   * A free connection, or a new one, or the next that is released. Never rejects for what the server does.
   * @param first stands before all others who wait, for a letter that somebody waits for
   */
  slot(signal?: AbortSignal, first?: boolean): Promise<Slot | Down>;
  /** What the server announced last; undefined until the first connection, which asking for a slot makes. */
  features(): ServerFeatures | undefined;
  /** No new slots; resolves when those that were given out are released and all connections are closed. */
  close(): Promise<void>;
}
