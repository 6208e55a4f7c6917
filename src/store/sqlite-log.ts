import { type FileHandle, open } from 'node:fs/promises';

/** Pages in the log from which copying them back is worth two waits for the disk. */
export const PORTION_PAGES = 16_000;

/** SQLite's log, for commits that did not wait for the disk: one wait later is for all of them. */
export class SqliteLog {
  readonly #path: string;
  #file: FileHandle | undefined;
  /** Something was committed since the last wait began. */
  #isAhead = false;
  #waiting: Promise<void> = Promise.resolve();
  /** The wait that has not begun. */
  #next: Promise<void> | undefined;

  /** @param path of the database, which stays open meanwhile */
  constructor(path: string) {
    this.#path = path;
  }

  /** To be called when something was committed. */
  wrote(): void {
    this.#isAhead = true;
  }

  /**
   * Resolves when all that was committed is on the disk. What is no longer in the log has been copied back, and is on
   * the disk since then. There is one wait at a time, and the next is for all who have asked meanwhile.
   */
  kept(): Promise<void> {
    if (!this.#isAhead) return this.#waiting;
    if (this.#next === undefined) {
      this.#next = this.#waiting.catch(() => undefined).then(() => this.#sync());
      this.#waiting = this.#next;
    }
    return this.#next;
  }

  async close(): Promise<void> {
    await this.#waiting.catch(() => undefined);
    await this.#file?.close();
  }

  async #sync(): Promise<void> {
    this.#next = undefined;
    this.#isAhead = false;
    try {
      this.#file ??= await open(`${this.#path}-wal`, 'r+');
      await this.#file.datasync();
    } catch (error) {
      // Whoever asks next must not be told that it is there.
      this.#isAhead = true;
      throw error;
    }
  }
}
