import type { Octets } from '../content/paper.ts';

/*
 * Bodies as lines: RFC 5321 §4.5.3.1.6 and RFC 5322 §2.1.1 allow 998 octets a line, ended by CRLF, with no
 * CR or LF elsewhere and no NUL. What does not fit that shape is encoded.
 */

const LF = 10;
const CR = 13;
const longestLine = 998;

/** How a part is written: RFC 2045 §6. */
type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

/** What the server takes: octets above 127 only if it announced 8BITMIME (RFC 6152). */
export type Channel = '8bit' | '7bit';

/** How a text ends its lines. */
export type LineEnds = 'crlf' | 'any';

/** A part ready to be copied: its bytes and the encoding that its header must name. */
export interface EncodedPart {
  readonly encoding: TransferEncoding;
  readonly bytes: Buffer;
}

/**
 * Encodes parts. It keeps one working buffer, so what `encode` returns is valid until the next `reset`:
 * copy it out before. A letter's parts are encoded one after another, then copied into the letter.
 */
export class PartEncoder {
  private space = Buffer.allocUnsafeSlow(64 * 1024);
  private used = 0;

  /** Forgets every part; call it before the first part of a letter. */
  reset(): void {
    this.used = 0;
  }

  /**
   * The text in UTF-8 with CRLF line ends, plain where the channel and its lines allow it.
   * @param lineEnds `crlf` when the text is known to end its lines so; looking takes longer than all the rest
   */
  encode(text: string, channel: Channel, lineEnds: LineEnds): EncodedPart {
    const lines = lineEnds === 'crlf' ? text : crlf(text);
    const octets = Buffer.byteLength(lines);
    const ascii = octets === lines.length;
    const space = this.reserve(octets);
    const bytes = space.subarray(0, space.write(lines, ascii ? 'latin1' : 'utf8'));
    this.used += bytes.length;
    return this.encodeOctets({ bytes, ascii }, channel);
  }

  /** The same of a text that is UTF-8 with CRLF line ends already; where they may stay as they are, they are what is returned. */
  encodeOctets({ bytes, ascii }: Octets, channel: Channel): EncodedPart {
    const plain = bytes.indexOf(0) === -1 && linesFit(bytes);
    if (plain && ascii) return { encoding: '7bit', bytes };
    if (plain && channel === '8bit') return { encoding: '8bit', bytes };
    // Quoted-printable triples an octet above 127, base64 adds a third to all of them.
    const dense = !ascii && above127(bytes) * 6 > bytes.length;
    const encoded = dense
      ? base64Lines(bytes, this.reserve(Math.ceil(bytes.length / base64PerLine) * 78))
      : quotedPrintable(bytes, this.reserve(Math.ceil((bytes.length * 3) / 72) * 75 + 3));
    this.used += encoded.length;
    return { encoding: dense ? 'base64' : 'quoted-printable', bytes: encoded };
  }

  private reserve(size: number): Buffer {
    if (this.space.length - this.used < size) {
      // Earlier parts keep the old buffer alive; only the place for new ones grows.
      this.space = Buffer.allocUnsafeSlow(Math.max(this.space.length * 2, size));
      this.used = 0;
    }
    return this.space.subarray(this.used, this.used + size);
  }
}

/** Every line end as CRLF: what was CRLF, a bare CR or a bare LF. Compiled letters are of that form already. */
function crlf(text: string): string {
  return hasBareLineEnds(text) ? text.replace(/\r\n?|\n/g, '\r\n') : text;
}

/** Jumps from line end to line end: measured at half the time of a regular expression. */
function hasBareLineEnds(text: string): boolean {
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== CR) return true;
  }
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (text.charCodeAt(at + 1) !== LF) return true;
  }
  return false;
}

/** Whether no line is too long; looks back for a line end once in every thousand octets. */
function linesFit(bytes: Buffer): boolean {
  let start = 0;
  while (bytes.length - start > longestLine) {
    const end = bytes.lastIndexOf(LF, start + longestLine + 1);
    if (end < start) return false;
    start = end + 1;
  }
  return true;
}

function above127(bytes: Buffer): number {
  let count = 0;
  for (const octet of bytes) if (octet > 127) count++;
  return count;
}

const EQUALS = 0x3d;
const softBreak = 75;
const hex = Buffer.from('0123456789ABCDEF');

/** 1 for octets that stand for themselves: printable, and not `=`. Space and tab depend on what follows. */
const literal = new Uint8Array(256).fill(1, 0x21, 0x7f);
literal[EQUALS] = 0;

/** RFC 2045 §6.7 with lines of 76 at most, from lines that end in CRLF. Returns what it filled of `out`. */
function quotedPrintable(input: Buffer, out: Buffer): Buffer {
  let end = 0;
  let column = 0;
  for (let at = 0; at < input.length; at++) {
    const octet = input[at] ?? 0;
    const next = input[at + 1];
    if (octet === CR && next === LF) {
      out[end++] = CR;
      out[end++] = LF;
      at++;
      column = 0;
      continue;
    }
    // Relays may strip white space at the end of a line.
    const blank = (octet === 0x20 || octet === 0x09) && next !== undefined && next !== CR;
    const width = blank || literal[octet] === 1 ? 1 : 3;
    if (column + width > softBreak) {
      out[end++] = EQUALS;
      out[end++] = CR;
      out[end++] = LF;
      column = 0;
    }
    column += width;
    if (width === 1) {
      out[end++] = octet;
      continue;
    }
    out[end++] = EQUALS;
    out[end++] = hex[octet >> 4] ?? 0;
    out[end++] = hex[octet & 15] ?? 0;
  }
  return out.subarray(0, end);
}

const base64PerLine = 57;

/** RFC 2045 §6.8 with lines of 76. Returns what it filled of `out`. */
function base64Lines(input: Buffer, out: Buffer): Buffer {
  const text = input.toString('base64');
  let end = 0;
  for (let at = 0; at < text.length; at += 76) {
    if (at > 0) {
      out[end++] = CR;
      out[end++] = LF;
    }
    end += out.write(text.slice(at, at + 76), end, 'latin1');
  }
  return out.subarray(0, end);
}
