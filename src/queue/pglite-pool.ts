import { EventEmitter } from 'node:events';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import type { PgNotification, PgPool, PgPoolClient, PgQueryResult } from 'bullmq';
import pg from 'pg';

type Parameters = readonly unknown[];

/** How to start a PglitePool. */
export interface PgliteOptions {
  /** A dump of a PGlite data folder to start from, which is faster than making a new one. */
  readonly image?: Blob;
  /** Statements between two clean-ups. */
  readonly cleanEvery?: number;
}

/** Small, since the database lives in memory, and careless of crashes, since none of it survives one. */
const configuration = [
  ...['shared_buffers=16MB', 'min_wal_size=32MB', 'max_wal_size=64MB'],
  ...['synchronous_commit=off', 'full_page_writes=off', 'jit=off'],
];

/**
 * Many clients over the one session of a PGlite database, so that it can stand in for a `pg.Pool`.
 * A client that has begun a transaction owns the session until it commits, rolls back or is released;
 * the others wait their turn. A client hears the channels that it listens to, and only those.
 */
export class PglitePool extends EventEmitter implements PgPool {
  /** Read by BullMQ: nothing here can drop silently, so a worker need not poll for notifications that it missed. */
  readonly options = { keepAlive: true };
  readonly #database: PGlite;
  readonly #session: pg.Client;
  readonly #names = new Map<string, string>();
  readonly #clients = new Set<PgliteClient>();
  readonly #cleanEvery: number;
  #turns: Promise<void> = Promise.resolve();
  #sinceCleaning = 0;
  #ended: Promise<void> | undefined;

  private constructor(database: PGlite, session: pg.Client, cleanEvery: number) {
    super();
    this.setMaxListeners(0);
    this.#database = database;
    this.#session = session;
    this.#cleanEvery = cleanEvery;
    session.on('notification', (notification) => {
      const { channel, payload } = notification;
      for (const client of this.#clients)
        client.hear(payload === undefined ? { channel } : { channel, payload });
    });
    session.on('error', (error) => this.listenerCount('error') > 0 && this.emit('error', error));
  }

  /** Starts a database in memory. */
  static async open(options: PgliteOptions = {}): Promise<PglitePool> {
    const { image, cleanEvery = 5000 } = options;
    const start = image ? { loadDataDir: image } : {};
    const database = await PGlite.create({ ...start, postgresqlconf: configuration });
    const session = new pg.Client(createPgConfig(database));
    await session.connect();
    return new PglitePool(database, session, cleanEvery);
  }

  /** Runs one statement outside any transaction. */
  async query<R>(text: string, parameters?: Parameters): Promise<PgQueryResult<R>> {
    this.refuseWhenEnded();
    const done = await this.turn();
    try {
      const result = await this.run<R>(text, parameters);
      if (this.inTransaction()) throw new Error('A transaction needs a client of its own: use connect().');
      return result;
    } finally {
      await this.abandonTransaction();
      done();
    }
  }

  async connect(): Promise<PgPoolClient> {
    this.refuseWhenEnded();
    const client = new PgliteClient(this, () => this.#clients.delete(client));
    this.#clients.add(client);
    this.emit('connect', client);
    return client;
  }

  /** Waits for the statements that were asked for, abandons open transactions, then drops the database. */
  end(): Promise<void> {
    this.#ended ??= this.#end([...this.#clients]);
    return this.#ended;
  }

  async #end(clients: readonly PgliteClient[]): Promise<void> {
    await Promise.all(clients.map((client) => client.abandon()));
    await this.#turns;
    await this.#session.end();
    await this.#database.close();
  }

  /** Resolves with what gives the session back, as soon as the session is free. */
  async turn(): Promise<() => void> {
    const before = this.#turns;
    let done = () => {};
    this.#turns = new Promise((resolve) => {
      done = resolve;
    });
    await before;
    if (this.#sinceCleaning >= this.#cleanEvery) await this.#clean();
    return done;
  }

  /** Runs a statement in the session; the caller must have the turn. */
  async run<R>(text: string, parameters: Parameters = []): Promise<PgQueryResult<R>> {
    this.#sinceCleaning += 1;
    const statement =
      parameters.length === 0 ? { text } : { name: this.#nameOf(text), text, values: [...parameters] };
    // Several statements in one text have several results: the last one counts.
    const last = [await this.#session.query(statement)].flat().at(-1);
    // The seam where rows get the type that the statement's author says they have, as in pg itself.
    const rows: unknown[] = last?.rows ?? [];
    return { rows: rows as R[], rowCount: last?.rowCount ?? null };
  }

  inTransaction(): boolean {
    return this.#session.getTransactionStatus() !== 'I';
  }

  /** Rolls back what is still open; the caller must have the turn. Never fails: the turn must go on. */
  async abandonTransaction(): Promise<void> {
    if (this.inTransaction()) await this.run('ROLLBACK').catch(() => undefined);
  }

  /** PGlite has no processes in the background: neither autovacuum nor checkpoints, without which memory fills up. */
  async #clean(): Promise<void> {
    this.#sinceCleaning = 0;
    for (const text of ['VACUUM', 'CHECKPOINT']) await this.#session.query(text).catch(() => undefined);
  }

  /** BullMQ's statements are some seventy texts used over and over: preparing them halves their cost. */
  #nameOf(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = this.#names.size < 200 ? `s${this.#names.size}` : '';
    if (name !== '') this.#names.set(text, name);
    return name;
  }

  refuseWhenEnded(): void {
    // BullMQ knows a pool that was ended by this sentence of pg's.
    if (this.#ended) throw new Error('Cannot use a pool after calling end on the pool');
  }
}

const listening = /^(?:\s|--[^\n]*\n)*(UN)?LISTEN\s+("?)([\w*]+)\2\s*;?\s*$/i;

class PgliteClient extends EventEmitter implements PgPoolClient {
  readonly #pool: PglitePool;
  readonly #forget: () => void;
  readonly #channels = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #giveBack: (() => void) | undefined;
  #released = false;

  constructor(pool: PglitePool, forget: () => void) {
    super();
    this.#pool = pool;
    this.#forget = forget;
  }

  /** Runs one statement after those this client asked for before. */
  async query<R>(text: string, parameters?: Parameters): Promise<PgQueryResult<R>> {
    this.#pool.refuseWhenEnded();
    if (this.#released) throw new Error('This client was released.');
    const result = this.#last.then(() => this.#run<R>(text, parameters));
    this.#last = result.catch(() => undefined);
    return result;
  }

  release(): void {
    if (this.#released) throw new Error('This client was released already.');
    this.#released = true;
    this.#forget();
    void this.abandon();
  }

  /** Rolls back what is open once the statements before are done, and gives the session back. */
  async abandon(): Promise<void> {
    await this.#last;
    if (this.#giveBack === undefined) return;
    await this.#pool.abandonTransaction();
    this.#giveBack();
    this.#giveBack = undefined;
  }

  hear(notification: PgNotification): void {
    if (this.#channels.has(notification.channel)) this.emit('notification', notification);
  }

  async #run<R>(text: string, parameters: Parameters | undefined): Promise<PgQueryResult<R>> {
    const [, un, , channel = ''] = listening.exec(text) ?? [];
    if (un !== undefined) return this.#unlisten(channel);
    this.#giveBack ??= await this.#pool.turn();
    try {
      const result = await this.#pool.run<R>(text, parameters);
      if (channel !== '') this.#channels.add(channel);
      return result;
    } finally {
      if (!this.#pool.inTransaction()) {
        this.#giveBack();
        this.#giveBack = undefined;
      }
    }
  }

  /** The session goes on listening, as other clients may want the channel; this one no longer hears it. */
  #unlisten<R>(channel: string): PgQueryResult<R> {
    if (channel === '*') this.#channels.clear();
    else this.#channels.delete(channel);
    return { rows: [], rowCount: null };
  }
}
