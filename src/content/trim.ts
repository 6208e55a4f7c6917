import type { Octets } from './paper.ts';

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const emptyLines = Buffer.from('\r\n\r\n\r\n');

/** A letter's plain text: modules that were left out leave empty lines behind, which become one. */
export function trimmedText(text: string): string {
  return `${text.replace(/(?:\r\n){3,}/g, '\r\n\r\n').trim()}\r\n`;
}

/** The same in the memory of the octets. */
export function trimmedOctets({ bytes, ascii }: Octets): Octets {
  const end = withoutEmptyLines(bytes);
  let first = 0;
  let last = end;
  while (first < last && isBlank(bytes[first])) first += 1;
  while (last > first && isBlank(bytes[last - 1])) last -= 1;
  const hasEdgeBeyondAscii = isBeyondAscii(bytes[first]) || isBeyondAscii(bytes[last - 1]);
  // There are blanks beyond ASCII, which hardly a text begins or ends with; and the line end needs its place.
  if (hasEdgeBeyondAscii || first === last || last + 2 > bytes.length) {
    const text = trimmedText(bytes.toString('utf8', 0, end));
    const trimmed = Buffer.from(text);
    return { bytes: trimmed, ascii: trimmed.length === text.length };
  }
  bytes[last] = CR;
  bytes[last + 1] = LF;
  return { bytes: bytes.subarray(first, last + 2), ascii };
}

/** Moves the lines together; returns where they end now. */
function withoutEmptyLines(bytes: Buffer): number {
  let found = bytes.indexOf(emptyLines);
  if (found === -1) return bytes.length;
  let end = 0;
  let from = 0;
  while (found !== -1) {
    const kept = found + 4;
    bytes.copyWithin(end, from, kept);
    end += kept - from;
    from = found + emptyLines.length;
    while (bytes[from] === CR && bytes[from + 1] === LF) from += 2;
    found = bytes.indexOf(emptyLines, from);
  }
  bytes.copyWithin(end, from);
  return end + bytes.length - from;
}

const isBlank = (octet: number | undefined) =>
  octet === SPACE || octet === LF || octet === CR || octet === TAB || octet === 0x0b || octet === 0x0c;

const isBeyondAscii = (octet: number | undefined) => octet !== undefined && octet > 127;
