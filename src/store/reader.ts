import { DearError, messageOf } from '../errors.ts';
import { Thread } from '../thread.ts';
import type { Chunk, Query, ReaderAsk } from './reader-thread.ts';

/**
 * Long reads on a read-only handle in a worker thread, one snapshot each, in chunks with back-pressure.
 * The thread starts with the first scan.
 */
export class Reader {
  readonly #path: string;
  #thread: Thread<ReaderAsk, Chunk> | undefined;
  #scans = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Rows as objects, `chunkSize` at a time. The thread reads ahead one chunk at most.
   * @throws DearError `store.read`
   */
  async *stream<T>(sql: string, params: unknown[], chunkSize: number): AsyncGenerator<T[]> {
    this.#scans += 1;
    const scan = this.#scans;
    const thread = this.#start();
    let over = false;
    try {
      let chunk = await thread.ask({ kind: 'open', scan, sql, params, chunkSize });
      while (chunk.rows.length > 0) {
        over = chunk.done;
        yield chunk.rows as T[];
        if (over) return;
        chunk = await thread.ask({ kind: 'next', scan });
      }
      over = true;
    } catch (cause) {
      over = true;
      throw new DearError('store.read', `A read failed: ${messageOf(cause)}.`, { cause });
    } finally {
      if (!over) await thread.ask({ kind: 'close', scan }).catch(() => undefined);
    }
  }

  /** Rows as objects, one list a query, all from one snapshot. @throws DearError `store.read` */
  async together<T>(queries: readonly Query[]): Promise<T> {
    try {
      return (await this.#start().ask({ kind: 'together', queries })).rows as T;
    } catch (cause) {
      throw new DearError('store.read', `A read failed: ${messageOf(cause)}.`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = undefined;
  }

  #start(): Thread<ReaderAsk, Chunk> {
    if (this.#thread?.over === false) return this.#thread;
    const file = new URL('./reader-thread', import.meta.url);
    this.#thread = new Thread(file, { path: this.#path }, 'The reader of the database');
    return this.#thread;
  }
}
