import { type FileHandle, open } from 'node:fs/promises';

/** When something is done about the length of SQLite's log, in pages. */
export interface LogLimits {
  /** So many that are not copied back are worth a visit. */
  readonly portion: number;
  /** From here on it begins anew in the next calm moment, and is then cut to a usual length. */
  readonly long: number;
  /** From here on it must begin anew, even if a commit has to wait for that. */
  readonly tooLong: number;
}

/** With pages of 4 KiB as SQLite makes them: 64 MB, 256 MB and 1.6 GB. */
export const usualLogLimits: LogLimits = { portion: 16_000, long: 64_000, tooLong: 400_000 };

export const PAGE_OCTETS = 4096;

/** When a log begins anew: while the writer is ahead of what copies its pages back, or when all of them are. */
export type Moment = 'busy' | 'calm';

/**
 * What the handle that writes runs before its log begins anew. In a calm moment the log is cut then. For a busy writer
 * it stays as long as it is: to write over what is there takes three quarters of the time that growing takes, and to cut
 * off a gigabyte keeps a writer for most of a second.
 */
export function beforeAnew(moment: Moment, { long }: LogLimits = usualLogLimits): readonly string[] {
  return moment === 'busy'
    ? ['PRAGMA journal_size_limit = -1', 'PRAGMA wal_checkpoint(PASSIVE)']
    : [`PRAGMA journal_size_limit = ${long * PAGE_OCTETS}`];
}

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
