import type { Worker } from 'node:worker_threads';
import { DearError } from '../errors.ts';
import type { FromReader, ToReader } from './reader-thread.ts';
import { startThread } from './thread.ts';

/**
 * Long reads on a read-only handle in a worker thread, one snapshot each, in chunks with back-pressure.
 * The thread starts with the first scan.
 */
export class Reader {
  readonly #path: string;
  #thread: Worker | undefined;
  #nextId = 1;
  readonly #waiting = new Map<number, (message: FromReader) => void>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Rows as objects, `chunkSize` at a time. The thread reads ahead one chunk at most. */
  async *stream<T>(sql: string, params: unknown[], chunkSize: number): AsyncGenerator<T[]> {
    const id = this.#nextId++;
    try {
      let answer = await this.#ask({ id, kind: 'open', sql, params, chunkSize });
      while (answer.rows.length > 0) {
        yield answer.rows as T[];
        if (answer.done) return;
        answer = await this.#ask({ id, kind: 'next' });
      }
    } finally {
      this.#thread?.postMessage({ id, kind: 'close' } satisfies ToReader);
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }

  #ask(message: ToReader): Promise<Extract<FromReader, { kind: 'rows' }>> {
    const thread = this.#start();
    return new Promise((resolve, reject) => {
      // Only a thread that is waited for keeps the process alive.
      thread.ref();
      this.#waiting.set(message.id, (answer) => {
        if (answer.kind === 'rows') resolve(answer);
        else reject(new DearError('store.read', `A read failed: ${answer.message}.`));
      });
      thread.postMessage(message);
    });
  }

  #start(): Worker {
    if (this.#thread !== undefined) return this.#thread;
    const thread = startThread('reader-thread', { path: this.#path });
    thread.on('message', (answer: FromReader) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) thread.unref();
    });
    thread.on('error', (error) => this.#failAll(error.message));
    thread.on('exit', () => this.#failAll('the reading thread ended'));
    this.#thread = thread;
    return thread;
  }

  #failAll(message: string): void {
    this.#thread = undefined;
    for (const [id, settle] of this.#waiting) settle({ id, kind: 'failed', message });
    this.#waiting.clear();
  }
}
