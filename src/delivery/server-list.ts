import { DearError } from '../errors.ts';
import { parseSmtpUrl, type SmtpSettings } from './smtp-url.ts';

/** One of the servers that SMTP_URL names, and its share of the letters. */
export interface ListedServer {
  readonly settings: SmtpSettings;
  readonly weight: number;
  /** Host and port, for people. */
  readonly name: string;
}

/**
 * Reads SMTP_URL: one server, or several separated by spaces or commas, each with `weight=` (1 to 1000, else 1)
 * among its options: `smtp://a.example?weight=3, smtp://b.example`.
 * @param connections how many connections to each server when its URL does not say
 * @throws DearError `smtp.url`; its message never holds a password.
 */
export function parseServers(text: string, connections: number): ListedServer[] {
  return eachUrl(text).map((one) => {
    if (!URL.canParse(one)) return { settings: parseSmtpUrl(one, connections), weight: 1, name: one };
    const url = new URL(one);
    const weights = url.searchParams.getAll('weight');
    const [weight = '1'] = weights;
    if (weights.length > 1 || !/^\d{1,4}$/.test(weight) || Number(weight) < 1 || Number(weight) > 1000)
      throw new DearError('smtp.url', `SMTP_URL cannot be used: the weight of ${url.host} is no number.`, {
        kind: 'usage',
        mend: 'Write it once for a server, as weight=3: a whole number from 1 to 1000.',
      });
    url.searchParams.delete('weight');
    return {
      settings: parseSmtpUrl(url.toString(), connections),
      weight: Number(weight),
      name: url.host,
    };
  });
}

/** Hosts and ports of SMTP_URL, for people. */
export function serverNames(text: string): string {
  return eachUrl(text)
    .map((one) => new URL(one).host)
    .join(', ');
}

/** A comma may stand in a password, so only what begins a URL begins the next server. */
const eachUrl = (text: string) => text.trim().split(/[\s,]+(?=smtps?:\/\/)/i);
