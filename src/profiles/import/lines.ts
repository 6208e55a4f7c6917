import { isUtf8 } from 'node:buffer';

/** A line that is longer is refused, so that a file without line ends cannot fill the memory. */
const LINE_MAX = 16 * 1024 * 1024;

/** One line of a file, without its line end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** Why the line cannot be used. */
  readonly broken?: string;
}

const NEWLINE = 10;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts bytes into lines. Lines end with LF or CRLF (a CR stays on its text: within quotes it is data); cutting
 * happens before decoding, so that no character is ever torn. Invalid UTF-8 and overlong lines come as broken.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line[]> {
  const cutter = new LineCutter();
  let first = true;
  for await (const chunk of chunks) {
    const bytes = first && chunk.subarray(0, 3).equals(BOM) ? chunk.subarray(3) : chunk;
    first = false;
    const lines = cutter.push(bytes);
    if (lines.length > 0) yield lines;
  }
  const last = cutter.end();
  if (last.length > 0) yield last;
}

class LineCutter {
  #number = 1;
  /** The start of a line whose end has not come yet. */
  #rest: Buffer[] = [];
  #restLength = 0;
  #overlong = false;

  push(chunk: Buffer): Line[] {
    const lines: Line[] = [];
    let start = 0;
    if (this.#restLength > 0 || this.#overlong) {
      const end = chunk.indexOf(NEWLINE);
      this.#keep(chunk.subarray(0, end < 0 ? chunk.length : end));
      if (end < 0) return lines;
      lines.push(this.#takeRest());
      start = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= start) {
      this.#cut(chunk.subarray(start, last), lines);
      start = last + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  end(): Line[] {
    return this.#restLength > 0 || this.#overlong ? [this.#takeRest()] : [];
  }

  /** Decodes many whole lines at once; line by line only when one of them is invalid. */
  #cut(bytes: Buffer, lines: Line[]): void {
    if (isUtf8(bytes)) {
      for (const text of bytes.toString('utf8').split('\n')) lines.push({ number: this.#number++, text });
      return;
    }
    for (let start = 0; start <= bytes.length; ) {
      const next = bytes.indexOf(NEWLINE, start);
      const end = next < 0 ? bytes.length : next;
      lines.push(decoded(this.#number++, bytes.subarray(start, end)));
      start = end + 1;
    }
  }

  #keep(part: Buffer): void {
    if (this.#overlong || part.length === 0) return;
    this.#rest.push(part);
    this.#restLength += part.length;
    this.#overlong = this.#restLength > LINE_MAX;
    if (this.#overlong) this.#rest = [Buffer.concat(this.#rest).subarray(0, 200)];
  }

  #takeRest(): Line {
    const bytes = Buffer.concat(this.#rest);
    const overlong = this.#overlong;
    this.#rest = [];
    this.#restLength = 0;
    this.#overlong = false;
    const line = decoded(this.#number++, bytes);
    return overlong ? { ...line, broken: `the line is longer than ${LINE_MAX / 1024 / 1024} MB` } : line;
  }
}

function decoded(number: number, bytes: Buffer): Line {
  const text = bytes.toString('utf8');
  return isUtf8(bytes) ? { number, text } : { number, text, broken: 'the line is not valid UTF-8' };
}
