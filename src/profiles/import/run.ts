import { setImmediate as breathe } from 'node:timers/promises';
import { DearError } from '../../errors.ts';
import { Refused } from './filters.ts';
import type { FileRow, Rows } from './record.ts';
import type { RefusedFile } from './refused-file.ts';

/** What a row became; undefined when the mapping's condition passes it over. */
export type RowReader<T> = (values: readonly unknown[], now: number) => T | Refused | undefined;

/** A batch is one transaction: big enough to be cheap, small enough for the memory. */
const BATCH_ROWS = 5_000;
const BATCH_CHARACTERS = 8_000_000;
const REASONS_MAX = 1000;

/** What became of the rows of a file. `rows` is the sum of `added` to `refused`, without `restated`. */
export interface ImportCounts {
  readonly rows: number;
  readonly added: number;
  readonly updated: number;
  /** Known already: nothing changed. */
  readonly unchanged: number;
  /** Of the unchanged those that say something else than the event that is stored under their key. */
  readonly restated: number;
  /** Further rows of a profile or event that a row shortly before in the file had: merged into that one. */
  readonly merged: number;
  /** Passed over by the mapping's condition. */
  readonly skipped: number;
  readonly refused: number;
  /** Profiles that an import of events made. */
  readonly profilesAdded: number;
  /** Most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
}

/** What came of one batch. Rows that turned out to be unusable only now are in `refused`. */
export interface Written {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly restated?: number;
  readonly profilesAdded?: number;
  /** By place in the batch. */
  readonly refused?: readonly { readonly place: number; readonly reason: string }[] | undefined;
}

/** What rows say, until it is stored. */
export interface Gathering<T> {
  /** `new`: it is the next in the batch; else it was put to one before, which is another for it or the same. */
  add(value: T): 'new' | 'changed' | 'same';
  /** Stores the batch, all or nothing. */
  write(now: number): Promise<Written>;
}

/**
 * Gathers values as they are.
 * @param merging values with one key become one
 */
export function gathered<T>(
  write: (batch: readonly T[], now: number) => Promise<Written>,
  merging?: { key(value: T): string; merge(earlier: T, later: T): T },
): Gathering<T> {
  const batch: T[] = [];
  const places = new Map<string, number>();
  return {
    add: (value) => {
      const key = merging?.key(value);
      const place = key === undefined ? undefined : places.get(key);
      const earlier = place === undefined ? undefined : batch[place];
      if (merging === undefined || place === undefined || earlier === undefined) {
        if (key !== undefined) places.set(key, batch.length);
        batch.push(value);
        return 'new';
      }
      const merged = merging.merge(earlier, value);
      batch[place] = merged;
      return merged === earlier ? 'same' : 'changed';
    },
    write: (now) => write(batch, now),
  };
}

export interface Steps<T> {
  readonly rows: Rows;
  readonly read: RowReader<T>;
  /** Begins a batch. */
  readonly gather: () => Gathering<T>;
  /** Resolves when what was written is on the disk; absent where it is when `write` resolves. */
  readonly kept?: () => Promise<void>;
  readonly refused: RefusedFile;
  readonly clock: () => number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((counts: ImportCounts) => void) | undefined;
}

/**
 * Runs an import: while one batch is stored the next is read, and never more than that is in memory.
 * @throws DearError `import.interrupted` on the signal; whole batches are stored by then, and importing the
 * file again goes on without counting anything twice
 */
export async function runImport<T>(steps: Steps<T>): Promise<ImportCounts> {
  const run = new ImportRun(steps);
  try {
    for await (const block of steps.rows.blocks) {
      for (const row of block) {
        // A promise a row would take longer than the row itself.
        const waits = run.take(row);
        if (waits !== undefined) await waits;
      }
      steps.onProgress?.(run.counts());
      steps.signal?.throwIfAborted();
      await breathe();
    }
    await run.finish();
    await steps.kept?.();
    await steps.refused.end(true);
    return run.counts();
  } catch (error) {
    await run.settle();
    await steps.kept?.().catch(() => undefined);
    await steps.refused.end(false).catch(() => undefined);
    if (steps.signal?.aborted) throw interrupted(run.counts());
    throw error;
  }
}

function interrupted(counts: ImportCounts): DearError {
  const stored = counts.added + counts.updated + counts.unchanged + counts.merged;
  return new DearError('import.interrupted', `Interrupted: ${stored} rows of the file were stored before.`, {
    mend: 'Import the same file again to go on: nothing counts twice.',
  });
}

class ImportRun<T> {
  readonly #steps: Steps<T>;
  readonly #sums = {
    rows: 0,
    added: 0,
    updated: 0,
    unchanged: 0,
    restated: 0,
    merged: 0,
    skipped: 0,
    refused: 0,
    profilesAdded: 0,
  };
  readonly #reasons = new Map<string, number>();
  #batch: Gathering<T>;
  #kept = new KeptRows();
  #writing: Promise<void> = Promise.resolve();

  constructor(steps: Steps<T>) {
    this.#steps = steps;
    this.#batch = steps.gather();
  }

  /** Returns what must be awaited before the next row, if anything. */
  take(row: FileRow): Promise<void> | undefined {
    this.#sums.rows += 1;
    const value =
      row.broken === undefined ? this.#steps.read(row.values, this.#steps.clock()) : new Refused(row.broken);
    if (value instanceof Refused) return this.#refuse(row, value.reason);
    if (value === undefined) this.#sums.skipped += 1;
    else this.#add(row, value);
    return this.#kept.size >= BATCH_ROWS || this.#kept.characters >= BATCH_CHARACTERS
      ? this.#send()
      : undefined;
  }

  #add(row: FileRow, value: T): void {
    const what = this.#batch.add(value);
    if (what === 'new') this.#kept.add(row);
    else this.#sums.merged += 1;
    if (what !== 'same') this.#kept.characters += row.text.length;
  }

  async finish(): Promise<void> {
    await this.#send();
    await this.#writing;
  }

  /** Waits for the batch that is on its way, whatever comes of it. */
  async settle(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  counts(): ImportCounts {
    const reasons = [...this.#reasons].map(([reason, count]) => ({ reason, count }));
    return { ...this.#sums, reasons: reasons.sort((a, b) => b.count - a.count) };
  }

  async #send(): Promise<void> {
    // Until the batch before is stored nothing more is read: two batches are in memory at most.
    await this.#writing;
    const [batch, kept] = [this.#batch, this.#kept];
    this.#batch = this.#steps.gather();
    this.#kept = new KeptRows();
    this.#writing = this.#write(batch, kept);
    // Its failure is thrown where it is awaited; this only keeps it from counting as unhandled until then.
    this.#writing.catch(() => undefined);
  }

  async #write(batch: Gathering<T>, kept: KeptRows): Promise<void> {
    if (kept.size === 0) return;
    const written = await batch.write(this.#steps.clock());
    this.#sums.added += written.added;
    this.#sums.updated += written.updated;
    this.#sums.unchanged += written.unchanged;
    this.#sums.restated += written.restated ?? 0;
    this.#sums.profilesAdded += written.profilesAdded ?? 0;
    for (const { place, reason } of written.refused ?? []) {
      const { line, text } = kept.at(place);
      await this.#refuse({ line, text, values: this.#steps.rows.again(text) }, reason);
    }
  }

  async #refuse(row: FileRow, reason: string): Promise<void> {
    this.#sums.refused += 1;
    const known = this.#reasons.has(reason) || this.#reasons.size < REASONS_MAX;
    const key = known ? reason : 'other reasons';
    this.#reasons.set(key, (this.#reasons.get(key) ?? 0) + 1);
    await this.#steps.refused.add(row, reason);
  }
}

/** What is kept of a batch's rows until it is stored; their values can be read again. */
class KeptRows {
  readonly #lines: number[] = [];
  readonly #texts: string[] = [];
  characters = 0;

  get size(): number {
    return this.#lines.length;
  }

  add({ line, text }: FileRow): void {
    this.#lines.push(line);
    this.#texts.push(text);
  }

  at(place: number): { line: number; text: string } {
    return { line: this.#lines[place] ?? 0, text: this.#texts[place] ?? '' };
  }
}
