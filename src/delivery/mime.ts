import { hash } from 'node:crypto';
import type { Octets } from '../content/paper.ts';
import { DearError } from '../errors.ts';
import type { Mailbox } from './address.ts';
import {
  bracketed,
  checkedFieldName,
  dateText,
  displayName,
  mailboxField,
  textField,
  tokensField,
  urlToken,
} from './headers.ts';
import { type Channel, type EncodedPart, type LineEnds, PartEncoder } from './mime-body.ts';
import { Slab } from './slab.ts';

/** What every letter of a run has in common; its headers are laid out once. */
export interface LetterFrame {
  readonly from: Mailbox;
  /** RFC 2919, for instance `{ id: 'news.shop.example', name: 'News of the shop' }`. */
  readonly listId: { readonly id: string; readonly name?: string | undefined };
  /** Gmail's Feedback-ID, `campaign:…:sender`. */
  readonly feedbackId?: string | undefined;
  /** Further headers, such as Auto-Submitted; none that the writer writes itself. */
  readonly extraHeaders?: Readonly<Record<string, string>> | undefined;
}

/** What is one reader's own. */
export interface LetterParts {
  readonly to: Mailbox;
  readonly replyTo: Mailbox;
  readonly subject: string;
  /** A text, or its octets with CRLF line ends. */
  readonly html: string | Octets;
  readonly text: string | Octets;
  /** With or without angle brackets. */
  readonly messageId: string;
  /** Milliseconds since 1970. */
  readonly date: number;
  /** Where an unsubscribe goes: RFC 8058 wants exactly one https URL; a mailto may accompany it. */
  readonly unsubscribe: { readonly url: string; readonly mailto?: string | undefined };
  /** The send's id, written to X-Dear-Send, so that a mailbox can be checked against the ledger. */
  readonly send: string;
  /** How html and text end their lines, if they are texts; compiled letters by CRLF. */
  readonly lineEnds: LineEnds;
  /** `8bit` if the server announced 8BITMIME. */
  readonly channel: Channel;
}

/**
 * Writes one letter: the bytes that follow DATA, before dot-stuffing. The same parts give the same bytes.
 * @param slab where they are laid, if not in memory of their own
 */
export type MimeWriter = (letter: LetterParts, slab?: Slab) => Buffer;

const ownFields = new Set(
  (
    'date from to cc bcc sender reply-to subject message-id list-id list-unsubscribe list-unsubscribe-post ' +
    'feedback-id x-dear-send mime-version dkim-signature return-path'
  ).split(' '),
);

/**
 * Lays out the part of the header section that all letters of a run share, and returns what writes each
 * letter: multipart/alternative (RFC 2046 §5.1.4), text before html, UTF-8, no line over 998 octets.
 * Auto-Submitted (RFC 3834) is not set: it is optional for mail of this kind, List-Id already keeps
 * autoresponders quiet, and readers are invited to answer.
 * @throws DearError `letter.address` or `letter.header` for a frame, or a letter, that cannot be written.
 */
export function makeMimeWriter(frame: LetterFrame): MimeWriter {
  const sender = mailboxField('From', frame.from);
  const shared = sharedFields(frame);
  const encoder = new PartEncoder();
  const own = new Slab();
  return (letter, slab = own) => {
    encoder.reset();
    const text = encoded(encoder, letter.text, letter);
    const html = encoded(encoder, letter.html, letter);
    const boundary = boundaryFor(letter.messageId, text, html);
    const head =
      ownHeaders(letter, sender) +
      shared +
      // RFC 2045 §6.4: a multipart names the widest encoding of its parts.
      (text.encoding === '8bit' || html.encoding === '8bit' ? 'Content-Transfer-Encoding: 8bit\r\n' : '') +
      `Content-Type: multipart/alternative;\r\n boundary="${boundary}"\r\n\r\n` +
      partHead(boundary, 'text/plain', text);
    const between = `\r\n${partHead(boundary, 'text/html', html)}`;
    return join(slab, head, text.bytes, between, html.bytes, `\r\n--${boundary}--\r\n`);
  };
}

function encoded(encoder: PartEncoder, part: string | Octets, { channel, lineEnds }: LetterParts) {
  return typeof part === 'string'
    ? encoder.encode(part, channel, lineEnds)
    : encoder.encodeOctets(part, channel);
}

function ownHeaders(letter: LetterParts, sender: string): string {
  if (!Number.isFinite(letter.date)) {
    throw new DearError('letter.header', 'The letter has no date.', { mend: 'Give it in milliseconds.' });
  }
  const { url, mailto } = letter.unsubscribe;
  const ways = [urlToken('List-Unsubscribe', url, /^https?:\/\/[^/]/)];
  if (mailto !== undefined) ways.push(urlToken('List-Unsubscribe', mailto, /^mailto:[^@]+@/));
  return (
    `Date: ${dateText(letter.date)}\r\n` +
    sender +
    mailboxField('To', letter.to) +
    mailboxField('Reply-To', letter.replyTo) +
    textField('Subject', letter.subject) +
    `Message-ID: ${bracketed('Message-ID', letter.messageId)}\r\n` +
    tokensField('List-Unsubscribe', ways, ',') +
    'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n' +
    textField('X-Dear-Send', letter.send)
  );
}

function sharedFields(frame: LetterFrame): string {
  const id = bracketed('List-Id', frame.listId.id);
  const name = displayName(frame.listId.name ?? '', 'List-Id: '.length);
  const fields = [name === '' ? `List-Id: ${id}\r\n` : `List-Id: ${name}\r\n ${id}\r\n`];
  if (frame.feedbackId !== undefined) fields.push(textField('Feedback-ID', frame.feedbackId));
  for (const [field, value] of Object.entries(frame.extraHeaders ?? {})) {
    fields.push(extraField(field, value));
  }
  fields.push('MIME-Version: 1.0\r\n');
  return fields.join('');
}

function extraField(name: string, value: string): string {
  const lower = checkedFieldName(name).toLowerCase();
  if (ownFields.has(lower) || lower.startsWith('content-')) {
    throw new DearError('letter.header', `The header ${name} is written by Dear and cannot be set.`, {
      mend: 'Leave it out of the extra headers.',
    });
  }
  return textField(name, value);
}

function partHead(boundary: string, type: string, part: EncodedPart): string {
  return (
    `--${boundary}\r\nContent-Type: ${type}; charset=utf-8\r\n` +
    `Content-Transfer-Encoding: ${part.encoding}\r\n\r\n`
  );
}

/** Derived from the message id, and other than anything in the parts, whoever wrote them. */
function boundaryFor(messageId: string, ...parts: readonly EncodedPart[]): string {
  for (let round = 0; ; round++) {
    const boundary = `=_${hash('sha256', `${round} ${messageId}`, 'hex').slice(0, 32)}`;
    if (!parts.some((part) => part.bytes.includes(boundary, 0, 'latin1'))) return boundary;
  }
}

/** All strings here are ASCII, so their lengths are their octets. */
function join(slab: Slab, head: string, text: Buffer, between: string, html: Buffer, tail: string): Buffer {
  const letter = slab.take(head.length + text.length + between.length + html.length + tail.length);
  let at = letter.write(head, 0, 'latin1');
  at += text.copy(letter, at);
  at += letter.write(between, at, 'latin1');
  at += html.copy(letter, at);
  letter.write(tail, at, 'latin1');
  return letter;
}
