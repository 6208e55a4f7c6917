const DOT = 46;
const LF = 10;
const CR = 13;
const lineFeedAndDot = Buffer.from('\n.');
const dot = Buffer.from('.');
const endOfLetter = Buffer.from('.\r\n');
const endOfLineAndLetter = Buffer.from('\r\n.\r\n');

/**
 * A letter as it goes after DATA (RFC 5321 §4.5.2), in pieces to be written one after another: a line that begins
 * with a dot gets another one, and a line with a lone dot ends the letter. Nearly no letter has such a line, so
 * its bytes are handed on as they are. A dot after a lone LF is doubled as well: there are servers that would take
 * it for the end, and what follows for commands.
 */
export function dataOf(bytes: Buffer): readonly Buffer[] {
  const end = endsLine(bytes) ? endOfLetter : endOfLineAndLetter;
  let at = bytes[0] === DOT ? 0 : dottedLine(bytes, 0);
  if (at === -1) return [bytes, end];
  const pieces: Buffer[] = [];
  let from = 0;
  for (; at !== -1; at = dottedLine(bytes, at)) {
    pieces.push(bytes.subarray(from, at), dot);
    from = at;
  }
  pieces.push(bytes.subarray(from), end);
  return [Buffer.concat(pieces)];
}

/** Where the next line that begins with a dot begins, -1 for nowhere. */
function dottedLine(bytes: Buffer, from: number): number {
  const found = bytes.indexOf(lineFeedAndDot, from);
  return found === -1 ? -1 : found + 1;
}

/** Whether the bytes end with CRLF; no bytes at all are no unfinished line either. */
function endsLine(bytes: Buffer): boolean {
  const { length } = bytes;
  return length === 0 || (bytes[length - 1] === LF && bytes[length - 2] === CR);
}
