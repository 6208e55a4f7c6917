import { type HtmlToTextOptions, htmlToText } from 'html-to-text';
import PostalMime, { type Address, type Attachment } from 'postal-mime';
import { cleanText } from './clean.ts';
import { hasTooManyParts } from './parts.ts';

const LONGEST_HEADER = 2000;
const LONGEST_TEXT = 100_000;
const LONGEST_HTML = 500_000;
const LONGEST_ENCLOSED = 64 * 1024;
const MOST_NESTED = 64;
const LARGEST_HEADERS = 512 * 1024;

/** A mail as far as we look into it; every text is cleaned and limited. */
export interface Mail {
  /** Every header, keys in lower case, in order. */
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  readonly from: string;
  readonly subject: string;
  /** The Date header, ISO 8601 where it is a date. */
  readonly date: string;
  readonly messageId: string | undefined;
  /** Addresses that it was sent to, as its headers say: To, Cc, Delivered-To and their kin. */
  readonly recipients: readonly string[];
  /** Message ids that it answers: In-Reply-To, then References from the newest. */
  readonly answers: readonly string[];
  /** Its text, or its HTML as text. */
  readonly text: string;
  /** Mails that are attached to it, such as the one that a bounce returns, each as far as its header should go. */
  readonly enclosed: readonly string[];
}

/**
 * Reads a mail. Broken MIME is read as far as it goes.
 * @throws Error when it is built to do harm: nested, headed or divided without end.
 */
export async function parseMail(raw: Uint8Array): Promise<Mail> {
  if (hasTooManyParts(raw)) throw new Error('it has too many parts');
  const mail = await PostalMime.parse(raw, {
    maxNestingDepth: MOST_NESTED,
    maxHeadersSize: LARGEST_HEADERS,
    maxRfc822NestingDepth: 1,
  });
  const headers = mail.headers.map(({ key, value }) => ({ key, value: cleanText(value, LONGEST_HEADER) }));
  const all = (key: string) => headers.filter((header) => header.key === key).map((header) => header.value);
  const references = messageIds(all('references').join(' ')).reverse();
  return {
    headers,
    from: cleanText(written(mail.from), LONGEST_HEADER),
    subject: cleanText(mail.subject ?? '', LONGEST_HEADER),
    date: cleanText(mail.date ?? '', LONGEST_HEADER),
    messageId: messageIds(mail.messageId ?? '')[0],
    recipients: [
      ...[...(mail.to ?? []), ...(mail.cc ?? [])].flatMap(mailboxes),
      ...deliveredTo.flatMap(all).map((value) => value.replace(/^\s*<|>\s*$/g, '')),
    ],
    answers: [...messageIds(all('in-reply-to').join(' ')), ...references],
    text: cleanText(mail.text ?? fromHtml(mail.html ?? ''), LONGEST_TEXT),
    enclosed: mail.attachments.filter(({ mimeType }) => isMail(mimeType)).map(beginning),
  };
}

const isMail = (type: string) => type.startsWith('message/') || type === 'text/rfc822-headers';

function beginning({ content }: Attachment): string {
  if (typeof content === 'string') return content.slice(0, LONGEST_ENCLOSED);
  return Buffer.from(new Uint8Array(content).subarray(0, LONGEST_ENCLOSED)).toString('latin1');
}

const deliveredTo = ['delivered-to', 'x-original-to', 'x-envelope-to', 'envelope-to'];

function written(address: Address | undefined): string {
  if (address === undefined) return '';
  if (address.group !== undefined) return address.name;
  return address.name === '' ? address.address : `${address.name} <${address.address}>`;
}

const mailboxes = (address: Address): string[] =>
  address.group === undefined ? [address.address] : address.group.map((mailbox) => mailbox.address);

function messageIds(text: string): string[] {
  return text.match(/<[^<>\s]{1,998}>/g) ?? [];
}

const textOptions: HtmlToTextOptions = {
  wordwrap: false,
  limits: { maxDepth: 100, maxInputLength: LONGEST_HTML, ellipsis: '' },
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
};

const fromHtml = (text: string) => htmlToText(text.slice(0, LONGEST_HTML), textOptions);
