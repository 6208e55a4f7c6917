/** A piece of a template, the same in every letter. */
export class Fixed {
  readonly text: string;
  readonly bytes: Buffer;
  readonly ascii: boolean;

  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.from(text);
    this.ascii = this.bytes.length === text.length;
  }
}

/** What templates write on. */
export interface Paper {
  /** What is the same in every letter. */
  print(fixed: Fixed): void;
  /** What is this letter's own. */
  write(text: string): void;
}

/** Paper for a string. */
export class TextPaper implements Paper {
  text = '';

  print(fixed: Fixed): void {
    this.text += fixed.text;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** Paper that nobody reads. */
export const noPaper: Paper = { print: () => undefined, write: () => undefined };

/** A text in UTF-8. */
export interface Octets {
  readonly bytes: Buffer;
  /** Whether no octet is above 127. */
  readonly ascii: boolean;
}

/**
 * Paper for the octets of one text after another. A letter is mostly what is in all of them: that is copied from
 * octets to octets, and only its own words go through a string, all at once. One string for the whole letter takes a
 * tenth more of the time of writing it, and is garbage of its size.
 */
export class BytePaper implements Paper {
  #own = '';
  /** The fixed pieces, and how far the own words had come before each; arrays that are emptied lose their memory. */
  readonly #pieces: Fixed[] = [];
  readonly #ends: number[] = [];
  #count = 0;
  #fixedOctets = 0;
  #ascii = true;
  #memory = Buffer.allocUnsafeSlow(64 * 1024);

  print(fixed: Fixed): void {
    this.#pieces[this.#count] = fixed;
    this.#ends[this.#count] = this.#own.length;
    this.#count += 1;
    this.#fixedOctets += fixed.bytes.length;
    this.#ascii &&= fixed.ascii;
  }

  write(text: string): void {
    this.#own += text;
  }

  /** What was written since the last time; it is valid until the next, and the caller may change it. */
  take(): Octets {
    const own = this.#own;
    const octets = Buffer.byteLength(own);
    const ascii = octets === own.length;
    const size = this.#fixedOctets + octets;
    // Twice the octets of its own words: once behind the text, and halves of surrogate pairs may take more alone.
    this.#reserve(size + octets);
    const end = ascii || this.#isWhole() ? this.#join(size, ascii) : this.#joinSlowly();
    const bytes = this.#memory.subarray(0, end);
    const taken = { bytes, ascii: ascii && this.#ascii };
    this.clear();
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#own = '';
    this.#count = 0;
    this.#fixedOctets = 0;
    this.#ascii = true;
  }

  /** The own words are written behind the place of the text, and moved from there to their places. */
  #join(size: number, ascii: boolean): number {
    const memory = this.#memory;
    const own = this.#own;
    memory.write(own, size, ascii ? 'latin1' : 'utf8');
    let from = size;
    let before = 0;
    let at = 0;
    for (let index = 0; index <= this.#count; index += 1) {
      const end = this.#endOf(index);
      if (end > before) {
        const to = ascii ? from + end - before : after(memory, from, end - before);
        memory.copyWithin(at, from, to);
        at += to - from;
        from = to;
        before = end;
      }
      at += this.#put(index, at);
    }
    return at;
  }

  #joinSlowly(): number {
    let at = 0;
    let before = 0;
    for (let index = 0; index <= this.#count; index += 1) {
      const end = this.#endOf(index);
      at += this.#memory.write(this.#own.slice(before, end), at);
      at += this.#put(index, at);
      before = end;
    }
    return at;
  }

  /** Where the own words before a fixed piece end, or behind the last one. */
  #endOf(index: number): number {
    return (index < this.#count ? this.#ends[index] : undefined) ?? this.#own.length;
  }

  /** Copies a fixed piece, if there is one; returns its octets. */
  #put(index: number, at: number): number {
    const piece = index < this.#count ? this.#pieces[index] : undefined;
    if (piece === undefined) return 0;
    this.#memory.set(piece.bytes, at);
    return piece.bytes.length;
  }

  /** Whether each of its own words begins and ends with a whole character. */
  #isWhole(): boolean {
    const own = this.#own;
    if (!own.isWellFormed()) return false;
    for (let index = 0; index < this.#count; index += 1)
      if (isSecondHalf(own.charCodeAt(this.#endOf(index)))) return false;
    return true;
  }

  #reserve(octets: number): void {
    if (this.#memory.length < octets) this.#memory = Buffer.allocUnsafeSlow(octets * 2);
  }
}

/** Of a surrogate pair. */
const isSecondHalf = (unit: number) => unit >= 0xdc00 && unit < 0xe000;

/** Where so many UTF-16 code units end that begin at an octet of well-formed UTF-8. */
function after(bytes: Buffer, from: number, units: number): number {
  let at = from;
  for (let left = units; left > 0; ) {
    const octet = bytes[at] ?? 0;
    const four = octet >= 0xf0;
    at += four ? 4 : octet >= 0xe0 ? 3 : octet >= 0xc0 ? 2 : 1;
    left -= four ? 2 : 1;
  }
  return at;
}
