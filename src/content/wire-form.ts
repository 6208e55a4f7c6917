const STYLE = /(<style\b[^>]*>[\s\S]*?<\/style>)/i;
const beyondAscii = /[^\0-\x7f\uE000\uE001]/gu;

/**
 * HTML as it goes over the wire, once instead of for every letter: characters beyond ASCII as numeric references,
 * so that V8 keeps the text in one byte a character and the part needs no transfer encoding, and lines ended by CRLF.
 * Marks of expressions stay, and so do style sheets, in which references mean nothing.
 */
export function htmlOnTheWire(html: string): string {
  const pieces = html.split(STYLE);
  return crlf(pieces.map((piece, index) => (index % 2 === 1 ? indented(piece) : referenced(piece))).join(''));
}

/** A line of a style sheet that begins with a dot would have it doubled in every letter (RFC 5321 §4.5.2). */
const indented = (css: string) => css.replace(/^\./gm, ' .');

/** Every line end as CRLF. */
export function crlf(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

const referenced = (text: string) =>
  text.replace(beyondAscii, (character) => `&#${character.codePointAt(0)};`);
