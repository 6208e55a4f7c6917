import { openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Thread } from '../thread.ts';
import type { CheckpointAsk } from './sqlite-checkpoint-thread.ts';
import { type LogLimits, type Moment, PAGE_OCTETS, usualLogLimits } from './sqlite-log.ts';

const LOOK_AFTER_MS = 100;

/**
 * Descriptors by path, never closed: with the first that is closed a process loses its locks on the file (POSIX), those
 * of all its handles.
 */
const files = new Map<string, number>();

function fileOf(path: string): number {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = openSync(path, 'r+');
  files.set(path, file);
  return file;
}

/** Keeps SQLite's log short from a thread of its own, which starts when the log becomes long for the first time. */
export class Checkpoints {
  readonly #path: string;
  readonly #finish: (moment: Moment) => Promise<unknown>;
  readonly #limits: LogLimits;
  #thread: Thread<CheckpointAsk, Moment | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  /** Something may have been written since the looking began. */
  #isAhead = false;
  #closed = false;

  /** @param finish has the writer run `beforeAnew` */
  constructor(path: string, finish: (moment: Moment) => Promise<unknown>, limits = usualLogLimits) {
    this.#path = path;
    this.#limits = limits;
    this.#finish = finish;
  }

  /** To be called when something may have been written. */
  wrote(): void {
    this.#isAhead = this.#looking !== undefined;
    if (this.#timer !== undefined || this.#isAhead || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What goes wrong here goes wrong again where it matters: in the next statement.
      this.#looking = this.#look()
        .catch(() => undefined)
        .finally(() => {
          this.#looking = undefined;
          // The last commit before a rest must be seen too: nobody else tells of the rest.
          if (this.#isAhead) this.wrote();
        });
    }, LOOK_AFTER_MS).unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    if (this.#thread === undefined || this.#thread.over) return;
    await this.#thread.ask('close');
    await this.#thread.terminate();
  }

  async #look(): Promise<void> {
    if (this.#thread === undefined) {
      const { size } = await stat(`${this.#path}-wal`);
      // A log that never became longer needs nobody to look after it.
      if (size < this.#limits.portion * PAGE_OCTETS) return;
    }
    if (this.#thread === undefined || this.#thread.over) {
      const file = new URL('./sqlite-checkpoint-thread', import.meta.url);
      const data = { path: this.#path, file: fileOf(this.#path), limits: this.#limits };
      this.#thread = new Thread(file, data, 'The database');
    }
    const moment = await this.#thread.ask('tend');
    if (moment !== undefined) await this.#finish(moment);
  }
}
