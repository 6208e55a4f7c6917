import { DearError } from '../errors.ts';
import { type Mailbox, wireAddress } from './address.ts';

/*
 * Header fields as ASCII lines: RFC 5322 for the shape, RFC 2047 for what is not ASCII. Every value passes
 * through here, so no CR, LF or other control character of a customer's data reaches the header section.
 */

/** RFC 5322 §2.1.1: the length of a line that should be kept, in octets without CRLF. */
const wantedLine = 78;
/** RFC 2047 §2: the longest encoded-word. */
const longestWord = 75;
const wordFrame = '=?UTF-8?B??='.length;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through.
const controls = /[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g;
const fieldName = /^[!-9;-~]{1,76}$/;
const plainText = /^[!-~]+(?: [!-~]+)*$/;
const atoms = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** A field of free text, such as Subject, folded, with its CRLF. RFC 5322 §3.6.5. */
export function textField(name: string, value: string): string {
  const text = withoutControls(value);
  if (text === '') return `${name}: \r\n`;
  if (plainText.test(text) && canStandPlain(text)) return `${name}: ${fold(text, name.length + 2)}\r\n`;
  return `${name}: ${encodedWords(text, name.length + 2)}\r\n`;
}

/**
 * A field with one mailbox, such as From or To, with its CRLF. RFC 5322 §3.4.
 * @throws DearError `letter.address` when the address cannot be written in a header.
 */
export function mailboxField(name: string, mailbox: Mailbox): string {
  const address = wireAddress(mailbox.address);
  if (address === undefined) throw unusableAddress(name);
  const phrase = mailbox.name === undefined ? '' : displayName(mailbox.name, name.length + 2);
  if (phrase === '') return `${name}: ${address}\r\n`;
  const lastLine = phrase.length - (phrase.lastIndexOf('\n') + 1);
  const used = phrase.includes('\n') ? lastLine : name.length + 2 + lastLine;
  const gap = used + address.length + 3 > wantedLine ? '\r\n ' : ' ';
  return `${name}: ${phrase}${gap}<${address}>\r\n`;
}

/** A field whose value is made of tokens that must not be broken; each on its own line if they are long. */
export function tokensField(name: string, tokens: readonly string[], separator: string): string {
  const onOneLine = tokens.join(`${separator} `);
  if (name.length + 2 + onOneLine.length <= wantedLine) return `${name}: ${onOneLine}\r\n`;
  return `${name}: ${tokens.join(`${separator}\r\n `)}\r\n`;
}

/** The name of a display name or list: atoms, a quoted-string or encoded-words, folded. RFC 5322 §3.2.5. */
export function displayName(name: string, column: number): string {
  const text = withoutControls(name);
  if (text === '') return '';
  if (!plainText.test(text) || !canStandPlain(text)) return encodedWords(text, column);
  return fold(atoms.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`, column);
}

/** A moment as RFC 5322 §3.3 writes it, in UTC. */
export function dateText(ms: number): string {
  return `${new Date(ms).toUTCString().slice(0, -3)}+0000`;
}

/**
 * A message or list id in angle brackets; given with or without them.
 * @throws DearError `letter.header` when it holds anything but printable ASCII without spaces.
 */
export function bracketed(name: string, id: string): string {
  const bare = id.startsWith('<') && id.endsWith('>') ? id.slice(1, -1) : id;
  return `<${printable(name, bare)}>`;
}

/**
 * A URL that is safe between angle brackets: printable ASCII, one of the schemes, short enough for a line.
 * @throws DearError `letter.header`.
 */
export function urlToken(name: string, url: string, schemes: RegExp): string {
  if (!schemes.test(url) || url.includes(',')) throw unusableValue(name, 'is not a URL that it may carry');
  return `<${printable(name, url)}>`;
}

/** @throws DearError `letter.header` when the name is not one that RFC 5322 §2.2 allows. */
export function checkedFieldName(name: string): string {
  if (!fieldName.test(name))
    throw unusableValue(JSON.stringify(name), 'is not a name that a header may have');
  return name;
}

function printable(name: string, value: string): string {
  if (!/^[!-;=?-~]{1,900}$/.test(value)) {
    throw unusableValue(name, 'must be 1 to 900 printable ASCII characters without spaces or angle brackets');
  }
  return value;
}

function withoutControls(value: string): string {
  return value.replace(controls, ' ').trim();
}

/** Plain only if no reader takes it for an encoded-word and every word fits into a line. */
function canStandPlain(text: string): boolean {
  return !text.includes('=?') && !/[^ ]{61}/.test(text);
}

/** Breaks before single spaces, so that unfolding gives the text back exactly. */
function fold(text: string, column: number): string {
  if (column + text.length <= wantedLine) return text;
  let folded = '';
  let used = column;
  for (const word of text.split(' ')) {
    const first = folded === '';
    if (!first && used + 1 + word.length > wantedLine) {
      folded += `\r\n ${word}`;
      used = 1 + word.length;
    } else {
      folded += first ? word : ` ${word}`;
      used += word.length + (first ? 0 : 1);
    }
  }
  return folded;
}

/** RFC 2047: as many encoded-words as needed, one a line, none of them cutting a character in two. */
function encodedWords(text: string, column: number): string {
  const words: string[] = [];
  let part = '';
  let octets = 0;
  let room = payload(Math.min(longestWord, wantedLine - column));
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (octets + size > room) {
      words.push(encodedWord(part));
      part = '';
      octets = 0;
      room = payload(longestWord);
    }
    part += character;
    octets += size;
  }
  words.push(encodedWord(part));
  return words.join('\r\n ');
}

/** How many octets an encoded-word of this length carries in base64. */
function payload(length: number): number {
  return Math.max(2, Math.floor((length - wordFrame) / 4)) * 3;
}

function encodedWord(text: string): string {
  return `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function unusableAddress(name: string): DearError {
  return new DearError('letter.address', `The address for ${name} cannot be written in a letter.`, {
    mend: 'It needs the form local@domain, ASCII before the @, at most 254 characters.',
  });
}

function unusableValue(name: string, what: string): DearError {
  return new DearError('letter.header', `The header ${name} ${what}.`, {
    mend: 'Correct the setting or the campaign that it comes from.',
  });
}
