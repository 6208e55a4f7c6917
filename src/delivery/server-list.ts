import { DearError } from '../errors.ts';
import { parseSmtpUrl, type SmtpSettings } from './smtp-url.ts';

/** One of the servers that SMTP_URL names, and its share of the letters. */
export interface ListedServer {
  readonly settings: SmtpSettings;
  readonly weight: number;
  /** How many connections all workers together may have to it; undefined for no such limit. */
  readonly total: number | undefined;
  /** Host and port, for people. */
  readonly name: string;
}

/**
 * Reads SMTP_URL: one server, or several separated by spaces or commas, each with `weight=` (1 to 1000, else 1) and
 * `total=` (connections of all workers together) among its options: `smtp://a.example?weight=3, smtp://b.example`.
 * @param connections how many connections to each server when its URL does not say
 * @throws DearError `smtp.url`; its message never holds a password.
 */
export function parseServers(text: string, connections: number): ListedServer[] {
  return eachUrl(text).map((one) => {
    if (!URL.canParse(one))
      return { settings: parseSmtpUrl(one, connections), weight: 1, total: undefined, name: one };
    const url = new URL(one);
    const weight = takeNumber(url, 'weight', 1000);
    const total = takeNumber(url, 'total', 10_000);
    return {
      settings: parseSmtpUrl(url.toString(), connections),
      weight: weight ?? 1,
      total,
      name: url.host,
    };
  });
}

/** Takes a whole number from 1 to `most` out of a server's options. */
function takeNumber(url: URL, name: string, most: number): number | undefined {
  const values = url.searchParams.getAll(name);
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || !/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > most)
    throw new DearError('smtp.url', `SMTP_URL cannot be used: the ${name} of ${url.host} is no number.`, {
      kind: 'usage',
      mend: `Write it once for a server, as ${name}=3: a whole number from 1 to ${most}.`,
    });
  url.searchParams.delete(name);
  return Number(value);
}

/** Hosts and ports of SMTP_URL, for people. */
export function serverNames(text: string): string {
  return eachUrl(text)
    .map((one) => new URL(one).host)
    .join(', ');
}

/** A comma may stand in a password, so only what begins a URL begins the next server. */
const eachUrl = (text: string) => text.trim().split(/[\s,]+(?=smtps?:\/\/)/i);
