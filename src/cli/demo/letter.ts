import { readFile } from 'node:fs/promises';
import { Parser } from 'htmlparser2';
import PostalMime from 'postal-mime';
import type { KeptMail } from '../mailbox.ts';

/** A letter as its reader's mail program sees it: nothing here is known from anywhere but the mail itself. */
export interface ReceivedLetter {
  readonly sendId: number;
  readonly recipient: string;
  readonly messageId: string;
  readonly from: string;
  readonly replyTo: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** The picture that tells of an open. */
  readonly pixel: string;
  /** Counted links, in the order of the letter. */
  readonly links: readonly string[];
  /** The page behind the unsubscribe link in the text. */
  readonly unsubscribePage: string;
  /** The address in List-Unsubscribe (RFC 2369, for one-click: RFC 8058). */
  readonly unsubscribeUrl: string;
}

/**
 * Reads a mail from its file, as a mail program would.
 * @param publicUrl where the letter's own links lead; links elsewhere are left alone
 * @throws Error when the mail lacks what every letter must have
 */
export async function readLetter(mail: KeptMail, publicUrl: string): Promise<ReceivedLetter> {
  const parsed = await PostalMime.parse(await readFile(mail.file));
  const html = parsed.html ?? '';
  const found = addressesIn(html);
  const ours = (kind: string) => (url: string) => url.startsWith(`${publicUrl}/${kind}/`);
  const header = (key: string) => parsed.headers.find((one) => one.key === key)?.value ?? '';
  const must = (value: string | undefined, what: string) => {
    if (value) return value;
    throw new Error(`The letter of send ${mail.sendId} has no ${what}`);
  };
  return {
    sendId: mail.sendId,
    recipient: mail.recipient,
    messageId: must(parsed.messageId, 'Message-ID'),
    from: must(parsed.from?.name || parsed.from?.address, 'From'),
    replyTo: must(parsed.replyTo?.[0]?.address, 'Reply-To'),
    subject: parsed.subject ?? '',
    html: must(html, 'HTML part'),
    text: must(parsed.text, 'text part'),
    pixel: must(found.images.find(ours('o')), 'open pixel'),
    links: found.links.filter(ours('c')),
    unsubscribePage: must(found.links.find(ours('u')), 'unsubscribe link'),
    unsubscribeUrl: must(/<(https?:[^>]+)>/.exec(header('list-unsubscribe'))?.[1], 'List-Unsubscribe'),
  };
}

function addressesIn(html: string): { links: string[]; images: string[] } {
  const links: string[] = [];
  const images: string[] = [];
  const parser = new Parser({
    onopentag: (name, { href, src }) => {
      if (name === 'a' && href) links.push(href);
      if (name === 'img' && src) images.push(src);
    },
  });
  parser.end(html);
  return { links, images };
}

/** The form on a page: where it posts to, and its hidden fields. */
export function formOf(html: string, page: string): { url: string; fields: Record<string, string> } {
  const fields: Record<string, string> = {};
  let url = page;
  const parser = new Parser({
    onopentag: (name, attributes) => {
      if (name === 'form' && attributes.action) url = new URL(attributes.action, page).href;
      if (name === 'input' && attributes.type === 'hidden' && attributes.name) {
        fields[attributes.name] = attributes.value ?? '';
      }
    },
  });
  parser.end(html);
  return { url, fields };
}
