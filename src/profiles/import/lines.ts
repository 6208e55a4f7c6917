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

/** Lines that follow each other in a file. */
export interface Lines {
  /** The number of the first one. */
  readonly first: number;
  readonly texts: readonly string[];
  /** Why some of them cannot be used, by place in `texts`; undefined when all can. */
  readonly broken?: ReadonlyMap<number, string>;
}

/** Each line by itself. */
export function linesIn({ first, texts, broken }: Lines, from = 0): Line[] {
  const lines: Line[] = [];
  for (let place = from; place < texts.length; place += 1) {
    const why = broken?.get(place);
    const line = { number: first + place, text: texts[place] ?? '' };
    lines.push(why === undefined ? line : { ...line, broken: why });
  }
  return lines;
}

const NEWLINE = 10;
const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts bytes into lines. Lines end with LF or CRLF (a CR stays on its text: within quotes it is data); cutting
 * happens before decoding, so that no character is ever torn. Invalid UTF-8 and overlong lines come as broken.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Lines> {
  const cutter = new LineCutter();
  let first = true;
  for await (const chunk of chunks) {
    const bytes = first && chunk.subarray(0, 3).equals(BOM) ? chunk.subarray(3) : chunk;
    first = false;
    for (const lines of cutter.push(bytes)) yield lines;
  }
  for (const lines of cutter.end()) yield lines;
}

class LineCutter {
  #number = 1;
  /** The start of a line whose end has not come yet. */
  #rest: Buffer[] = [];
  #restLength = 0;
  #overlong = false;

  push(chunk: Buffer): Lines[] {
    const blocks: Lines[] = [];
    let start = 0;
    if (this.#restLength > 0 || this.#overlong) {
      const end = chunk.indexOf(NEWLINE);
      this.#keep(chunk.subarray(0, end < 0 ? chunk.length : end));
      if (end < 0) return blocks;
      blocks.push(this.#takeRest());
      start = end + 1;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= start) {
      blocks.push(this.#cut(chunk.subarray(start, last)));
      start = last + 1;
    }
    this.#keep(chunk.subarray(start));
    return blocks;
  }

  end(): Lines[] {
    return this.#restLength > 0 || this.#overlong ? [this.#takeRest()] : [];
  }

  /** Decodes many whole lines at once; line by line only when one of them is invalid. */
  #cut(bytes: Buffer): Lines {
    const first = this.#number;
    if (isUtf8(bytes)) {
      const texts = bytes.toString('utf8').split('\n');
      this.#number += texts.length;
      return { first, texts };
    }
    const texts: string[] = [];
    const broken = new Map<number, string>();
    for (let start = 0; start <= bytes.length; ) {
      const next = bytes.indexOf(NEWLINE, start);
      const end = next < 0 ? bytes.length : next;
      const line = bytes.subarray(start, end);
      if (!isUtf8(line)) broken.set(texts.length, INVALID);
      texts.push(line.toString('utf8'));
      start = end + 1;
    }
    this.#number += texts.length;
    return { first, texts, broken };
  }

  #keep(part: Buffer): void {
    if (this.#overlong || part.length === 0) return;
    this.#rest.push(part);
    this.#restLength += part.length;
    this.#overlong = this.#restLength > LINE_MAX;
    if (this.#overlong) this.#rest = [Buffer.concat(this.#rest).subarray(0, 200)];
  }

  #takeRest(): Lines {
    const bytes = Buffer.concat(this.#rest);
    const overlong = this.#overlong;
    this.#rest = [];
    this.#restLength = 0;
    this.#overlong = false;
    const lines = { first: this.#number++, texts: [bytes.toString('utf8')] };
    if (overlong) {
      return { ...lines, broken: new Map([[0, `the line is longer than ${LINE_MAX / 1024 / 1024} MB`]]) };
    }
    return isUtf8(bytes) ? lines : { ...lines, broken: new Map([[0, INVALID]]) };
  }
}

const INVALID = 'the line is not valid UTF-8';
