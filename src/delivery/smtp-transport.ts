import { Circuit, type CircuitSource } from './smtp-circuit.ts';
import type { Refusal } from './smtp-outcome.ts';
import { SmtpSession } from './smtp-session.ts';
import type { SmtpSettings } from './smtp-url.ts';
import {
  type Down,
  type Outcome,
  type ServerFeatures,
  type Slot,
  stopped,
  type Transport,
} from './transport.ts';

/** What tests set and everybody else leaves alone. */
export interface SmtpTransportOptions {
  /** Milliseconds that an unused connection is kept; servers close theirs after some minutes. */
  readonly idle?: number;
  /** Milliseconds after which a server that was told of a letter with the end of another has lost it. */
  readonly answersWithin?: number;
  readonly circuit?: CircuitSource;
}

/** A transport over one SMTP server. Opens nothing until the first slot is asked for. */
export function smtpTransport(settings: SmtpSettings, options: SmtpTransportOptions = {}): Transport {
  return new SmtpTransport(settings, options);
}

/** So many letters go over a slot in a row while the sender likes: others wait for a connection, too. */
const LETTERS_IN_A_ROW = 8;
/** So long a server that was confused by it is told of no letter with the end of another. */
const CONFUSED_FOR_MS = 600_000;

type Waiter = (answer: Slot | Down) => void;

/**
 * Places, at most `concurrency`: each is a session that is being opened, given out as a slot, idle, or being
 * closed. Who finds none free waits in line for the next.
 */
class SmtpTransport implements Transport {
  readonly concurrency: number;
  private readonly settings: SmtpSettings;
  private readonly idleFor: number;
  private readonly answersWithin: number | undefined;
  private readonly circuit: Circuit;
  private readonly idle = new Map<SmtpSession, NodeJS.Timeout>();
  private readonly firsts = new Set<Waiter>();
  private readonly waiters = new Set<Waiter>();
  private places = 0;
  /** From when on letters may be announced, by the clock that never jumps. */
  private announceFrom = 0;
  private announced: ServerFeatures | undefined;
  private lastRefusal: Refusal | undefined;
  private closing = false;
  private readonly onEmpty: (() => void)[] = [];

  constructor(settings: SmtpSettings, options: SmtpTransportOptions) {
    this.settings = settings;
    this.concurrency = settings.connections;
    this.idleFor = options.idle ?? 20_000;
    this.answersWithin = options.answersWithin;
    this.circuit = new Circuit(options.circuit);
  }

  async slot(signal?: AbortSignal, first = false): Promise<Slot | Down> {
    if (this.closing || signal?.aborted === true) return stopped;
    const session = this.takeIdle();
    if (session !== undefined) return this.slotOn(session);
    if (this.mayOpen()) return this.openPlace();
    if (this.places === 0) return this.down('waiting');
    return this.standInLine(signal, first ? this.firsts : this.waiters);
  }

  features(): ServerFeatures | undefined {
    return this.announced;
  }

  async close(): Promise<void> {
    this.closing = true;
    for (const waiter of this.inLine()) waiter(stopped);
    for (const session of [...this.idle.keys()]) this.retire(session);
    if (this.places > 0) await new Promise<void>((resolve) => this.onEmpty.push(resolve));
  }

  private mayOpen(): boolean {
    return this.places < this.concurrency && this.circuit.mayTry();
  }

  private async openPlace(): Promise<Slot | Down> {
    this.places++;
    const session = await this.connect();
    if (session === undefined) {
      this.leavePlace();
      return this.down('unreachable');
    }
    if (this.closing) {
      this.retire(session);
      return stopped;
    }
    // The server is there: whoever waited for this attempt may make one as well.
    this.serveLine();
    return this.slotOn(session);
  }

  private async connect(): Promise<SmtpSession | undefined> {
    const attempt = this.circuit.attempt();
    const session = await SmtpSession.open(this.settings, this.answersWithin);
    if (!(session instanceof SmtpSession)) {
      attempt.failed();
      this.lastRefusal = session;
      return undefined;
    }
    attempt.succeeded();
    session.onConfusion = () => {
      this.announceFrom = performance.now() + CONFUSED_FOR_MS;
    };
    this.announced = session.features;
    return session;
  }

  private slotOn(first: SmtpSession): Slot {
    let session = first;
    let released: Promise<void> | undefined;
    let delivered = 0;
    return {
      kind: 'slot',
      features: first.features,
      mayGoOn: () =>
        session.pipelines &&
        performance.now() >= this.announceFrom &&
        this.firsts.size === 0 &&
        !this.closing &&
        delivered + 1 < LETTERS_IN_A_ROW &&
        session.carried + 1 < this.settings.maxLetters,
      deliver: async (letter, next) => {
        if (released !== undefined) throw new Error('This slot was released; ask for another.');
        delivered += 1;
        const offered = session.alive ? await session.send(letter, next) : undefined;
        if (offered?.stale === false) return offered.outcome;
        const fresh = this.circuit.mayTry() ? await this.connect() : undefined;
        if (fresh === undefined) return offered?.outcome ?? this.deferredByServer();
        session.close();
        session = fresh;
        return (await session.send(letter, next)).outcome;
      },
      release: () => {
        released ??= this.takeBack(session);
        return released;
      },
    };
  }

  private async takeBack(session: SmtpSession): Promise<void> {
    const usable = session.alive && (await session.ready());
    if (!usable) return this.leavePlace();
    if (this.closing || session.carried >= this.settings.maxLetters) return this.retire(session);
    this.keepIdle(session);
    this.serveLine();
  }

  private keepIdle(session: SmtpSession): void {
    const timer = setTimeout(() => this.retire(session), this.idleFor);
    timer.unref();
    this.idle.set(session, timer);
    session.onEnd = () => {
      if (this.forget(session)) this.leavePlace();
    };
  }

  /** The one used last, so that the others grow old and are closed. */
  private takeIdle(): SmtpSession | undefined {
    const session = [...this.idle.keys()].at(-1);
    if (session !== undefined) this.forget(session);
    return session;
  }

  private forget(session: SmtpSession): boolean {
    clearTimeout(this.idle.get(session));
    session.onEnd = () => {};
    return this.idle.delete(session);
  }

  private retire(session: SmtpSession): void {
    this.forget(session);
    void session.quit().then(() => this.leavePlace());
  }

  private leavePlace(): void {
    this.places--;
    this.serveLine();
    if (this.places === 0) for (const resolve of this.onEmpty.splice(0)) resolve();
  }

  /** Gives those who wait what there is: an idle session, a new one, or the news that there will be none. */
  private serveLine(): void {
    for (const waiter of this.inLine()) {
      const session = this.takeIdle();
      if (session !== undefined) waiter(this.slotOn(session));
      else if (this.mayOpen()) this.openFor(waiter);
      else if (this.places === 0) waiter(this.down('waiting'));
      else return;
    }
  }

  private openFor(waiter: Waiter): void {
    this.firsts.delete(waiter);
    this.waiters.delete(waiter);
    void this.openPlace().then(waiter);
  }

  private *inLine(): Generator<Waiter> {
    yield* this.firsts;
    yield* this.waiters;
  }

  private standInLine(signal: AbortSignal | undefined, line: Set<Waiter>): Promise<Slot | Down> {
    return new Promise((resolve) => {
      const waiter: Waiter = (answer) => {
        line.delete(waiter);
        signal?.removeEventListener('abort', giveUp);
        resolve(answer);
      };
      const giveUp = () => {
        if (line.has(waiter)) waiter(stopped);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      line.add(waiter);
    });
  }

  private down(reason: 'unreachable' | 'waiting'): Down {
    const refusal = this.refusal();
    return { kind: 'down', reason, ...refusal, retryIn: Math.ceil(this.circuit.waitLeft) };
  }

  private deferredByServer(): Outcome {
    return { kind: 'deferred', ...this.refusal(), scope: 'server' };
  }

  private refusal(): Refusal {
    return this.lastRefusal ?? { stage: 'connect', code: undefined, response: 'the server was not reached' };
  }
}
