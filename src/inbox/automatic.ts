import type { Mail } from './mail.ts';

/** What kind of mail this is: a person's, or a machine's of which kind. */
export type MailNature = 'written' | 'automatic' | 'bounce' | 'complaint';

/**
 * Tells a person's mail from a machine's.
 * Reports (RFC 3464 bounces, RFC 5965 complaints, RFC 8098 read receipts) say so in their type; automatic answers
 * by RFC 3834's Auto-Submitted, by the older headers that absence notices still use, or by the null return path.
 * @param returnPath the envelope's sender, empty for the null return path.
 */
export function natureOf(mail: Mail, returnPath: string): MailNature {
  const value = (key: string) =>
    mail.headers
      .find((header) => header.key === key)
      ?.value.trim()
      .toLowerCase();
  const type = value('content-type') ?? '';
  if (type.startsWith('multipart/report')) {
    if (/report-type\s*=\s*"?feedback-report/.test(type)) return 'complaint';
    return /report-type\s*=\s*"?disposition-notification/.test(type) ? 'automatic' : 'bounce';
  }
  if (value('x-failed-recipients') !== undefined) return 'bounce';
  if (/(^|<)(mailer-daemon|postmaster)(@|>|$)/i.test(mail.from)) return 'bounce';
  if (returnPath === '' || value('return-path') === '<>') return 'automatic';
  if ((value('auto-submitted') ?? 'no').split(/[;\s]/)[0] !== 'no') return 'automatic';
  if (automaticHeaders.some((key) => value(key) !== undefined)) return 'automatic';
  return /^(auto_reply|auto-reply|bulk|junk)$/.test(value('precedence') ?? '') ? 'automatic' : 'written';
}

const automaticHeaders = [
  'x-autoreply',
  'x-autorespond',
  'x-auto-reply',
  'x-autoreply-from',
  'x-mail-autoreply',
];
