import { setTimeout as wait } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { DearError } from '../errors.ts';
import { type Answer, type Ask, Engine } from './sqlite-engine.ts';
import { openHandle } from './sqlite-handle.ts';
import type { FromSqlite, ToSqlite } from './sqlite-thread.ts';
import { startThread } from './thread.ts';

/** The way to the one handle of SQLite that writes. */
export interface Link {
  do(ask: Ask): Promise<Answer[]>;
  close(): Promise<void>;
  /** Whether what is asked is done in the order of asking, whatever is still under way. */
  readonly inOrder: boolean;
}

const BUSY_FOR_MS = 15_000;

/** A handle on this thread: nothing to start, right for a command that is soon over. */
export async function linkHere(path: string): Promise<Link> {
  const handle = await patiently(() => openHandle(path, 0));
  const engine = new Engine(handle);
  return {
    inOrder: false,
    do: (ask) => patiently(() => engine.do(ask)),
    close: async () => engine.close(),
  };
}

/** A handle in a thread of its own: right for a process that stays and has other things to do. */
export async function linkToThread(path: string): Promise<Link> {
  const link = new ThreadLink(startThread('sqlite-thread', { path }));
  await link.opened;
  return link;
}

class ThreadLink implements Link {
  readonly inOrder = true;
  readonly opened: Promise<Answer[]>;
  readonly #thread: Worker;
  readonly #waiting = new Map<number, { resolve(answers: Answer[]): void; reject(error: Error): void }>();
  #next = 0;
  #ended: Error | undefined;

  constructor(thread: Worker) {
    this.#thread = thread;
    this.opened = this.#wait();
    thread.on('message', (message: FromSqlite) => this.#hear(message));
    thread.on('error', (error) => this.#end(error.message));
    thread.on('exit', () => this.#end('its thread ended'));
  }

  do(ask: Ask): Promise<Answer[]> {
    return this.#ask(ask);
  }

  async close(): Promise<void> {
    if (this.#ended === undefined) await this.#ask('close');
    this.#end('it is closed');
    await this.#thread.terminate();
  }

  #ask(ask: ToSqlite['ask']): Promise<Answer[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#next;
    const answers = this.#wait();
    this.#thread.postMessage({ id, ask } as ToSqlite);
    return answers;
  }

  #wait(): Promise<Answer[]> {
    const id = this.#next++;
    // Only a thread that is waited for keeps the process alive.
    if (this.#waiting.size === 0) this.#thread.ref();
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #hear(message: FromSqlite): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#thread.unref();
    if ('answers' in message) waiting?.resolve(message.answers);
    else waiting?.reject(sqliteError(message.error, message.code));
  }

  #end(why: string): void {
    this.#ended ??= new DearError('store.closed', `The database does not answer any more: ${why}.`);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }
}

function sqliteError(text: string, code: string | undefined): Error {
  return Object.assign(new Error(text), code === undefined ? {} : { code });
}

/**
 * Tries again while another process writes. The wait is ours rather than SQLite's `busy_timeout`, which
 * would stop the event loop, and with it the renewing of leases and the answering of readers.
 */
async function patiently<T>(work: () => T): Promise<T> {
  const until = performance.now() + BUSY_FOR_MS;
  for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await wait(pause + Math.random() * pause);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
