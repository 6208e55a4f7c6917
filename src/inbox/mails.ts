import { cleanText } from './clean.ts';

/** A mail that was kept. */
export interface KeptMail {
  readonly id: number;
  /** When it came, ms. */
  readonly at: number;
  /** 'new' until it is folded; 'folded' or 'unmatched' then. */
  readonly state: string;
  readonly note: string | undefined;
  /** Its bytes; in a list only the first of them, see `HEAD_BYTES`. */
  readonly raw: Buffer;
}

/** How much of a mail a list reads: enough for any honest header. */
export const HEAD_BYTES = 64 * 1024;

/** The mails that came in, as people look at them. */
export interface MailStore {
  /** The newest first; only the unmatched unless `all`. */
  list(options: { readonly all: boolean; readonly limit: number }): Promise<KeptMail[]>;
  byId(id: number): Promise<KeptMail | undefined>;
}

/** A line of the list. */
export interface MailLine {
  readonly id: number;
  readonly at: number;
  readonly state: string;
  readonly note: string | undefined;
  readonly from: string;
  readonly subject: string;
  readonly date: string;
}

/** What reads mails is large, and only whoever looks at one needs it. */
async function parsed(raw: Buffer) {
  const { parseMail } = await import('./mail.ts');
  return parseMail(raw);
}

/** A kept mail as a line; one that cannot be read is listed without its particulars. */
export async function mailLine({ id, at, state, note, raw }: KeptMail): Promise<MailLine> {
  const { from, subject, date } = await parsed(headOf(raw)).catch(() => ({
    from: '',
    subject: '',
    date: '',
  }));
  return { id, at, state, note, from, subject, date };
}

/** Only the header, so that listing does not decode bodies. */
function headOf(raw: Buffer): Buffer {
  const text = raw.toString('latin1', 0, HEAD_BYTES);
  const end = text.search(/\r?\n\r?\n/);
  return end < 0 ? raw : raw.subarray(0, end + 2);
}

/** A kept mail to be read by a person; one that cannot be parsed is shown as it came. */
export interface ReadableMail extends MailLine {
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  readonly text: string;
}

/** The headers and the text of a kept mail. */
export async function readableMail(mail: KeptMail): Promise<ReadableMail> {
  const line = await mailLine(mail);
  try {
    const { headers, text } = await parsed(mail.raw);
    return { ...line, headers, text };
  } catch {
    return { ...line, headers: [], text: cleanText(mail.raw.toString('utf8', 0, HEAD_BYTES), HEAD_BYTES) };
  }
}
