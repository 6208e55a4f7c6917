import { decodeHTML } from 'entities';
import PostalMime, { type Attachment, decodeWords, type Email } from 'postal-mime';
import { normaliseEmail } from '../profiles/email.ts';
import { hasTooManyParts } from './parts.ts';

/** How deep mails within mails are looked into. */
const DEEPEST = 10;
const LONGEST_DOMAIN = 300;
const LOOK_BACK = 64;

/**
 * Addresses that are looked for, as `normaliseEmail` gives them. An address counts only as a whole: ann@ is not
 * named by joann@, by+ann@, nor by ann@ of a longer domain.
 */
export class SoughtAddresses {
  readonly #sought: readonly { readonly local: string; readonly email: string }[];

  constructor(addresses: readonly string[]) {
    this.#sought = addresses.map((email) => ({ local: email.slice(0, email.lastIndexOf('@')), email }));
  }

  /** Whether a text names one, plainly or with what links, markup and JSON write for its characters. */
  isIn(text: string): boolean {
    const plain = unescaped(text);
    return this.#isPlainlyIn(text) || (plain !== text && this.#isPlainlyIn(plain));
  }

  /** The same of a mail that cannot be taken apart. */
  isInBytes(raw: Uint8Array): boolean {
    const text = Buffer.from(raw).toString('utf8');
    return this.isIn(text) || this.isIn(unquoted(text));
  }

  /**
   * Whether a mail names one: in its header, its texts or what is attached to it, whatever the encoding, the case,
   * the folding, and the spelling of the domain.
   */
  async isInMail(raw: Uint8Array, depth = 0): Promise<boolean> {
    const text = Buffer.from(raw).toString('utf8');
    if (this.isIn(text)) return true;
    if (hasTooManyParts(raw)) return this.isInBytes(raw);
    let mail: Email;
    try {
      mail = await PostalMime.parse(raw, { forceRfc822Attachments: true });
    } catch {
      return this.isInBytes(raw);
    }
    if (texts(mail).some((one) => this.isIn(one))) return true;
    for (const attachment of mail.attachments) if (await this.#isInAttachment(attachment, depth)) return true;
    return false;
  }

  async #isInAttachment(attachment: Attachment, depth: number): Promise<boolean> {
    const { content, mimeType, filename, description } = attachment;
    if ([filename, description].some((one) => one != null && this.isIn(one))) return true;
    const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(new Uint8Array(content));
    const isMail = mimeType.startsWith('message/') || mimeType === 'text/rfc822-headers';
    if (isMail && depth < DEEPEST) return this.isInMail(bytes, depth + 1);
    return attachedTexts(bytes).some((one) => this.isIn(one));
  }

  #isPlainlyIn(given: string): boolean {
    if (!given.includes('@') && !given.includes('＠')) return false;
    const text = foldedCase(given);
    for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
      if (this.#sought.some(({ local, email }) => isNamedAt(text, at, local, email))) return true;
    }
    return false;
  }
}

function isNamedAt(text: string, at: number, local: string, email: string): boolean {
  const start = at - local.length;
  if (start < 0 || !text.startsWith(local, start)) return false;
  if (/[a-z0-9][._+-]*$/.test(text.slice(Math.max(0, start - LOOK_BACK), start))) return false;
  const behind = text.slice(at + 1, at + 1 + LONGEST_DOMAIN);
  // Where words are not parted by blanks, letters of another script may follow a domain of ours.
  return [/^[\p{L}\p{N}\p{M}.-]+/u, /^[a-z0-9.-]+/].some((form) => {
    const domain = form.exec(behind)?.[0].replace(/[.-]+$/, '') ?? '';
    return domain !== '' && normaliseEmail(`${local}@${domain}`) === email;
  });
}

/** Small letters, each composed, and the dots of all scripts as one: what domains are compared by. */
function foldedCase(text: string): string {
  const isAscii = Buffer.byteLength(text) === text.length;
  if (isAscii) return text.toLowerCase();
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll('。', '.');
}

/** The texts of a mail: header lines, also with the blanks that are allowed within an address gone, and the bodies. */
function texts({ headers, text, html }: Email): string[] {
  const lines = headers.flatMap(({ value }) => {
    const decoded = decodeWords(value);
    return [decoded, decoded.replace(/[ \t]+/g, ' ').replace(/"? ?([@.]) ?/g, '$1')];
  });
  return [...lines, text ?? '', html ?? '', (html ?? '').replace(/<[^<>]*>/g, '')];
}

/** An attachment may be in any character set; an address is plain in nearly all, but for its domain. */
function attachedTexts(bytes: Buffer): string[] {
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isWide) return [bytes.toString('utf8'), bytes.toString('latin1')];
  return [new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes)];
}

/** Takes away what markup (&#64;, &commat;), links (%40) and JSON (\u0040) write for a character. */
function unescaped(text: string): string {
  return decodeHTML(text).replace(
    /((?:%[0-9a-f]{2})+)|\\u([0-9a-f]{4})|\\[nrt]/gi,
    (_, percents?: string, json?: string) => {
      if (percents !== undefined) return Buffer.from(percents.replaceAll('%', ''), 'hex').toString('utf8');
      return json === undefined ? ' ' : String.fromCharCode(Number.parseInt(json, 16));
    },
  );
}

/** Quoted-printable as far as it can be told without knowing where it begins. */
function unquoted(text: string): string {
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('=', ''), 'hex').toString('utf8'),
    );
}
