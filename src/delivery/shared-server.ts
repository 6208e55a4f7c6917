import type { Seats } from './seats.ts';
import { type Down, type Slot, stopped, type Transport } from './transport.ts';
import { Waiters } from './waiters.ts';

/** An unused connection is closed by then, and only then may its seat go to others. */
const KEEP_MS = 30_000;
/** Others rarely get up sooner. */
const ASK_AGAIN_MS = 1000;

/** A server that takes a number of connections from all workers together. */
export interface ServerShare {
  /** Host and port. */
  readonly name: string;
  readonly total: number;
  readonly seats: Seats;
}

/**
 * The transport, with no more connections than this process has seats at the server. When all seats are others', it
 * is down for a moment with the reason `shared`.
 */
export function sharedServer(transport: Transport, share: ServerShare): Transport {
  return new SharedServer(transport, share);
}

class SharedServer implements Transport {
  readonly concurrency: number;
  private readonly transport: Transport;
  private readonly share: ServerShare;
  private readonly key: string;
  private readonly waiters = new Waiters();
  private asking: Promise<unknown> | undefined;
  private askAgainAt = 0;
  private used = 0;
  private closing = false;

  constructor(transport: Transport, share: ServerShare) {
    this.transport = transport;
    this.share = share;
    this.concurrency = Math.min(transport.concurrency, share.total);
    this.key = `server ${share.name.toLowerCase()}`;
    share.seats.of(this.key, share.total, KEEP_MS);
  }

  slot(signal?: AbortSignal, first = false): Promise<Slot | Down> {
    return this.waiters.search(first, (found) => this.find(signal, first, found));
  }

  private async find(
    signal: AbortSignal | undefined,
    first: boolean,
    found: () => void,
  ): Promise<Slot | Down> {
    const { seats } = this.share;
    while (!this.closing && signal?.aborted !== true) {
      if (!first && this.waiters.firstLooks) await this.waiters.wait(signal);
      else if (seats.enter(this.key)) {
        const slot = this.seated(signal, first);
        found();
        return slot;
      } else if (
        this.used < this.concurrency &&
        (this.asking !== undefined || seats.clock() >= this.askAgainAt)
      )
        await this.ask();
      else if (this.used === 0) return this.down();
      else await this.waiters.wait(signal, first);
    }
    return stopped;
  }

  features() {
    return this.transport.features();
  }

  async close(): Promise<void> {
    this.closing = true;
    this.waiters.wakeAll();
    await this.transport.close();
  }

  private async seated(signal: AbortSignal | undefined, first: boolean): Promise<Slot | Down> {
    this.used += 1;
    let slot: Slot | Down = stopped;
    try {
      slot = await this.transport.slot(signal, first);
    } finally {
      if (slot.kind === 'down') this.rise();
    }
    if (slot.kind === 'down') return slot;
    const { features, deliver, mayGoOn, release } = slot;
    let released: Promise<void> | undefined;
    return {
      kind: 'slot',
      features,
      deliver,
      mayGoOn: () => !this.waiters.firstLooks && mayGoOn(),
      release: () => {
        // Whoever comes next would open a connection beside one that is not free again yet.
        released ??= release().finally(() => this.rise());
        return released;
      },
    };
  }

  private rise(): void {
    this.used -= 1;
    this.share.seats.leave(this.key);
    this.waiters.wakeAll();
  }

  /** Asks for all that this process can use, once for everybody who waits. */
  private ask(): Promise<unknown> {
    const { seats } = this.share;
    this.asking ??= seats.ask(this.key, this.concurrency).finally(() => {
      this.asking = undefined;
      this.askAgainAt = seats.clock() + ASK_AGAIN_MS;
    });
    return this.asking;
  }

  private down(): Down {
    const response = `other workers use all of its ${this.share.total} connections`;
    const retryIn = Math.max(0, Math.ceil(this.askAgainAt - this.share.seats.clock()));
    return { ...stopped, reason: 'shared', response, retryIn };
  }
}
