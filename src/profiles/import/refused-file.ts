import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { DearError, messageOf } from '../../errors.ts';
import { formulaSafe } from '../formula-safe.ts';
import type { FileRow, Shape } from './record.ts';

const FLUSH_ROWS = 1000;

export interface RefusedFolders {
  /** For standard input. */
  readonly cwd: string;
  /** When the input's own folder may not be written to. */
  readonly dataDir: string;
  /** Where they are to go and nowhere else; default: beside the input. */
  readonly refusedTo?: string | undefined;
}

/**
 * The refused rows of an import, with line and reason, in a file beside the input. It is made with the first
 * such row; when there is none, one that an earlier import left is removed.
 */
export class RefusedFile {
  readonly #places: readonly string[];
  readonly #shape: Shape;
  #path: string | undefined;
  #handle: FileHandle | undefined;
  #waiting: { row: FileRow; reason: string }[] = [];

  /**
   * @param input path of the imported file, or `-` for standard input
   */
  constructor(input: string, folders: RefusedFolders, shape: Shape) {
    const ending = `.refused.${shape.format}`;
    const beside = input === '-' ? join(folders.cwd, `stdin${ending}`) : `${input}${ending}`;
    const { refusedTo } = folders;
    const name = basename(beside);
    this.#places = refusedTo === undefined ? [beside, join(folders.dataDir, name)] : [join(refusedTo, name)];
    this.#shape = shape;
  }

  /** Where the rows are; undefined as long as there are none. */
  get path(): string | undefined {
    return this.#path;
  }

  async add(row: FileRow, reason: string): Promise<void> {
    this.#waiting.push({ row, reason });
    if (this.#waiting.length >= FLUSH_ROWS) await this.#flush();
  }

  /** Writes what waits and closes; removes an older import's file when nothing was refused. */
  async end(isWhole: boolean): Promise<void> {
    await this.#flush();
    await this.#handle?.close();
    this.#handle = undefined;
    if (this.#path === undefined && isWhole) {
      for (const place of this.#places) await rm(place, { force: true }).catch(() => undefined);
    }
  }

  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const rows = this.#waiting;
    this.#waiting = [];
    this.#handle ??= await this.#open();
    await this.#handle.appendFile(this.#shape.format === 'csv' ? csvOf(rows) : jsonlOf(rows));
  }

  async #open(): Promise<FileHandle> {
    let cause: unknown;
    for (const place of this.#places) {
      try {
        // Customer data: for the owner's eyes only.
        const handle = await open(place, 'w', 0o600);
        this.#path = place;
        if (this.#shape.format === 'csv') {
          await handle.appendFile(stringify([['line', 'reason', ...(this.#shape.columns ?? [])]]));
        }
        return handle;
      } catch (error) {
        cause = error;
      }
    }
    throw new DearError(
      'import.refused-file',
      `Refused rows cannot be written to ${this.#places.join(' or ')}: ${messageOf(cause)}.`,
      {
        mend: 'Name a folder that this user may write to with --refused-to.',
        cause,
      },
    );
  }
}

interface RefusedRow {
  readonly row: FileRow;
  readonly reason: string;
}

/** A row that could not be read has its text, as it stands in the file, in the first column. */
function csvOf(rows: readonly RefusedRow[]): string {
  return stringify(
    rows.map(({ row, reason }) => [
      row.line,
      reason,
      ...(row.broken === undefined ? row.values.map(formulaSafe) : [formulaSafe(row.text)]),
    ]),
  );
}

/** A row that could be read stands there as it was; one that could not, as a text. */
function jsonlOf(rows: readonly RefusedRow[]): string {
  return rows
    .map(({ row, reason }) => {
      // Not parsed and written anew: what is nested too deep to be stored is too deep for that as well.
      const content = row.broken === undefined ? row.text.trim() : JSON.stringify(row.text);
      return `{"line":${row.line},"reason":${JSON.stringify(reason)},"row":${content}}\n`;
    })
    .join('');
}
