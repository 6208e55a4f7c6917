import { z } from 'zod';
import { DearError } from '../errors.ts';

/**
 * How TLS is used. `offered`: STARTTLS when the server offers it, and no mail when the upgrade then fails.
 * `require`: no mail without TLS. `implicit`: TLS from the first byte (smtps). `never`: plain text.
 */
type TlsMode = 'offered' | 'require' | 'implicit' | 'never';

/** A server, and how to talk to it: what an SMTP_URL says. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  /** Whether the certificate must be valid for the host; on loopback only if the URL asks for TLS. */
  readonly verify: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
  readonly connections: number;
  /** Letters that one connection carries before it is closed. */
  readonly maxLetters: number;
  /** Milliseconds of silence after which a connection is given up. */
  readonly timeout: number;
  /** The name in EHLO; undefined for the host name of this machine. */
  readonly name: string | undefined;
}

const count = (most: number) => z.coerce.number().int().min(1).max(most);

const options = z.strictObject({
  tls: z.enum(['require', 'never', 'insecure']).optional(),
  connections: count(500).optional(),
  maxLetters: count(1_000_000).default(1000),
  /** RFC 5321 §4.5.3.2 asks for up to ten minutes at the end of DATA; giving up there makes `unknown`. */
  timeout: z.coerce.number().positive().max(3600).default(300),
  name: z
    .string()
    .regex(/^[A-Za-z0-9.:[\]_-]{1,255}$/, 'must be a host name')
    .optional(),
});

/** What each option of an SMTP_URL must be, in words. */
const optionWords: Readonly<Record<string, string>> = {
  tls: 'require, never or insecure',
  connections: 'a whole number from 1 to 500',
  maxLetters: 'a whole number from 1 to 1000000',
  timeout: 'seconds, at most 3600',
  name: 'a host name',
};

/**
 * Reads `smtp[s]://user:password@host:port?options`. User and password are percent-decoded.
 * @param connections how many connections to use when the URL does not say.
 * @throws DearError `smtp.url`; its message never holds the password.
 */
export function parseSmtpUrl(text: string, connections: number): SmtpSettings {
  const url = parsedUrl(text);
  const implicit = url.protocol === 'smtps:';
  const given = readOptions(url);
  if (implicit && given.tls === 'never') throw wrong('tls=never contradicts smtps://');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const auth = credentials(url);
  return {
    host,
    port: url.port === '' ? (implicit ? 465 : 587) : Number(url.port),
    tls: implicit ? 'implicit' : tlsMode(given.tls, auth !== undefined && !isLoopback(host)),
    verify: given.tls !== 'insecure' && (given.tls === 'require' || !isLoopback(host)),
    auth,
    connections: given.connections ?? connections,
    maxLetters: given.maxLetters,
    timeout: Math.ceil(given.timeout * 1000),
    name: given.name,
  };
}

function parsedUrl(text: string): URL {
  if (!URL.canParse(text)) throw wrong('it is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')
    throw wrong('it must start with smtp:// or smtps://');
  if (url.hostname === '') throw wrong('it names no host');
  if (url.pathname !== '' && url.pathname !== '/') throw wrong('it has a path, which means nothing here');
  return url;
}

function readOptions(url: URL): z.output<typeof options> {
  const given: Record<string, string> = {};
  for (const [name, value] of url.searchParams) {
    if (!Object.hasOwn(optionWords, name)) throw wrong(`the option ${JSON.stringify(name)} is unknown`);
    if (Object.hasOwn(given, name)) throw wrong(`the option ${name} is given twice`);
    given[name] = value;
  }
  const result = options.safeParse(given);
  if (result.success) return result.data;
  const names = [...new Set(result.error.issues.map((issue) => String(issue.path[0])))];
  throw wrong(names.map((name) => `${name} must be ${optionWords[name]}`).join(', '));
}

/** A password never leaves in plain text for another machine unless the URL says so. */
function tlsMode(given: 'require' | 'never' | 'insecure' | undefined, secret: boolean): TlsMode {
  if (given === 'never') return 'never';
  return given === 'require' || secret ? 'require' : 'offered';
}

function credentials(url: URL): SmtpSettings['auth'] {
  if (url.username === '' && url.password === '') return undefined;
  if (url.username === '' || url.password === '')
    throw wrong('it needs both a user and a password, or neither');
  try {
    return { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) };
  } catch {
    throw wrong('the user or the password is not percent-encoded correctly');
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function wrong(what: string): DearError {
  const known = Object.entries(optionWords).map(([name, words]) => `${name} (${words})`);
  return new DearError('smtp.url', `SMTP_URL cannot be used: ${what}.`, {
    kind: 'usage',
    mend: `It looks like smtp[s]://user:password@host:port?option=value. Options: ${known.join('; ')}.`,
  });
}
