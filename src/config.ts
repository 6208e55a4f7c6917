import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { z } from 'zod';
import { DearError } from './errors.ts';
import { makeFolder } from './folder.ts';

const port = z.coerce
  .number({ error: 'must be a port number' })
  .int()
  .min(0, 'must be a port number from 0 to 65535')
  .max(65_535, 'must be a port number from 0 to 65535');

const isUrl = (text: string, schemes: readonly string[]) =>
  URL.canParse(text) && schemes.includes(new URL(text).protocol);

/** SMTP_URL may name several servers; a comma may stand in a password, so only a scheme begins the next one. */
const serverUrls = (text: string) => text.trim().split(/[\s,]+(?=smtps?:\/\/)/i);

const urlOf = (schemes: readonly string[]) =>
  z.string().refine((text) => isUrl(text, schemes), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  });

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const emptyIsAbsent = (value: unknown) => (value === '' ? undefined : value);

/** Every setting: its schema, and the sentence that `dear config` shows beside it. */
const settings = {
  DATA_DIR: [z.string().default('data'), 'folder for the database, the secret and mail that was kept'],
  DATABASE_URL: [
    z
      .string()
      .refine(
        (text) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /^(postgres(ql)?|file):\/\//i.test(text),
        'must be the path of a SQLite file, file://…, or postgres://…',
      )
      .optional(),
    'SQLite file or postgres:// URL; default dear.db in DATA_DIR',
  ],
  QUEUE_URL: [
    urlOf(['redis:', 'rediss:', 'postgres:', 'postgresql:']).optional(),
    'redis:// or postgres:// URL; empty means embedded, inside the process',
  ],
  SMTP_URL: [
    z
      .string()
      .refine((text) => serverUrls(text).every((url) => isUrl(url, ['smtp:', 'smtps:'])), {
        error: 'must be a URL that starts with smtp:// or smtps://, or several with spaces between them',
      })
      .default('smtp://127.0.0.1:1025'),
    'the server that takes our letters: smtp[s]://user:password@host:port?options; several share them by weight=',
  ],
  PUBLIC_URL: [
    urlOf(['http:', 'https:']).optional(),
    'where readers reach this server; default http://localhost:HTTP_PORT',
  ],
  SECRET: [
    z.string().min(16, 'must have at least 16 characters').optional(),
    'signs the links in letters; made and kept in DATA_DIR when absent',
  ],
  HTTP_PORT: [port.default(8080), 'port of the public endpoints'],
  HTTP_HOST: [z.string().default('127.0.0.1'), 'address that the HTTP server listens on'],
  INBOUND_PORT: [port.default(2525), 'port of the SMTP listener for replies'],
  INBOUND_HOST: [z.string().default('127.0.0.1'), 'address that the reply listener listens on'],
  REPLY_DOMAIN: [
    z.string().optional(),
    "domain of the Reply-To address, its MX leads to INBOUND_PORT; default: the From address's",
  ],
  DKIM_DOMAIN: [z.string().optional(), 'domain that signs letters (DKIM); default: the From address’s'],
  DKIM_SELECTOR: [z.string().default('dear'), 'DKIM selector'],
  DKIM_KEY_FILE: [
    z.string().optional(),
    'PEM file with the DKIM private key; without it letters go unsigned',
  ],
  DEFAULT_FREQUENCY: [
    z
      .string()
      .regex(/^([1-9]\d{0,3} per (day|week|month)|none)$/, "must look like '2 per week', or 'none'")
      .default('2 per week'),
    'limit for customers who chose none themselves',
  ],
  TIME_ZONE: [
    z.string().refine(isTimeZone, "must be a time zone such as 'Europe/Berlin'").default('UTC'),
    'time zone of customers who have none in their profile, and of days and months in rules that name none',
  ],
  ORDER_EVENTS: [z.string().default('order'), 'types of the events that are orders, for traits'],
  REFUND_EVENTS: [
    z.string().default('refund, return, cancel, cancellation'),
    "types of the events that take an order back, or 'none'",
  ],
  ORDER_MONEY: [
    z.string().default('total, price*quantity, amount, value, revenue, price'),
    'which property of an order is its money; the first way that fits counts, * multiplies',
  ],
  ORDER_ID: [
    z.string().default('order, orderId, order_id, invoice, invoiceId, invoice_id'),
    "which property names the order that an event belongs to, or 'none': each event is one",
  ],
  LOYAL_FROM: [
    z.coerce.number().int().min(1).max(1_000_000).default(3),
    'so many orders make a loyal customer',
  ],
  FORMER_AFTER: [
    z
      .string()
      .regex(/^[1-9]\d{0,5}[mhdw]$/, 'must be a duration such as 365d')
      .default('365d'),
    'how long after the last order a customer is a former one',
  ],
  FOLLOW_MINUTES: [
    z.coerce.number().min(0.01).max(10_080).default(15),
    'minutes between two looks at who entered and left the segments that are followed',
  ],
  LANGUAGES: [
    z
      .string()
      .regex(/^(none|[a-z]{2,3}(-[A-Za-z0-9]{2,8})*(\s*,\s*[a-z]{2,3}(-[A-Za-z0-9]{2,8})*)*)$/, {
        error: "must be language tags such as 'en, de, pt-BR', or 'none'",
      })
      .default('en, de, fr, es, it, nl, pl, pt'),
    'languages that customers can choose on the preference page; kept as the attribute language',
  ],
  SMTP_CONNECTIONS: [
    z.coerce.number().int().min(1).max(500).default(10),
    'SMTP connections of a send worker',
  ],
  WRITER_THREADS: [
    z.coerce.number().int().min(0).max(64).optional(),
    'threads of a send worker that write letters: 1 if there is more than one core; 0: it writes them itself',
  ],
  DELIVERY_LIMITS: [
    z.string().optional(),
    'letters to receiving domains in a time, and at once, by group: gmail.com,googlemail.com=20/s connections=5; outlook.com=600/m burst=50; *=50/s (* is each other domain)',
  ],
  SMTP_RATE: [
    z.string().optional(),
    'letters in a time by all workers and servers together, such as 200/s; default as many as they take',
  ],
  WARM_UP: [
    z.string().optional(),
    'letters a day (UTC) from a new sender domain: shop.example from 2026-11-20: 50, 100, 500, 1000; all after that',
  ],
  RETENTION: [
    z.string().optional(),
    'how long events are kept by type, and what arrived: view=90d; opened=2y; arrivals=30d; *=5y; default arrivals=90d, all else forever',
  ],
  EVENT_NAMES: [
    z.string().optional(),
    'what events of Segment-style calls are called: Order Completed=order; Signed Up=signup; others in camel case',
  ],
  LEASE_SECONDS: [
    z.coerce.number().int().min(1).max(3600).default(60),
    'how long a send worker holds letters without a sign of life before others may take them',
  ],
  RETRY_FIRST_SECONDS: [
    z.coerce.number().min(0.1).max(86_400).default(60),
    'the wait before the second attempt of a letter that was put off; it doubles up to four hours',
  ],
  LOG_LEVEL: [
    z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
    'how much is logged',
  ],
} as const;

type Name = keyof typeof settings;
type Values = { [K in Name]: z.output<(typeof settings)[K][0]> };

/** All settings of a process, read once at boot and frozen. */
export interface Config {
  readonly dataDir: string;
  readonly databaseUrl: string;
  readonly queueUrl: string | undefined;
  readonly smtpUrl: string;
  readonly smtpConnections: number;
  readonly writerThreads: number | undefined;
  /** As they are written; app.ts reads them. */
  readonly deliveryLimits: string | undefined;
  readonly smtpRate: string | undefined;
  readonly warmUp: string | undefined;
  readonly retention: string | undefined;
  /** As it is written; the API reads it. */
  readonly eventNames: string | undefined;
  readonly leaseMs: number;
  readonly firstRetryMs: number;
  readonly publicUrl: string;
  readonly secret: string;
  readonly httpHost: string;
  readonly httpPort: number;
  readonly inboundHost: string;
  readonly inboundPort: number;
  readonly replyDomain: string | undefined;
  readonly dkim:
    | { readonly domain: string | undefined; readonly selector: string; readonly key: string }
    | undefined;
  readonly defaultFrequency: string;
  readonly timeZone: string;
  /** BCP 47 tags. */
  readonly languages: readonly string[];
  /** As they are written; app.ts reads them. */
  readonly traits: {
    readonly orderEvents: string;
    readonly refundEvents: string;
    readonly orderMoney: string;
    readonly orderId: string;
    readonly loyalFrom: number;
    readonly formerAfter: string;
  };
  readonly followMs: number;
  readonly logLevel: Values['LOG_LEVEL'];
  readonly templatesDir: string;
}

/** One line of `dear config`; secrets are masked. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | '.env' | 'default';
  readonly about: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment (and `.env` in `cwd`, which the environment overrides) into a Config.
 * Makes DATA_DIR, and the secret in it when SECRET is absent.
 * @throws DearError `config.invalid` naming every setting that is wrong.
 */
export function loadConfig(environment: Environment, cwd: string): Config {
  const values = parse(environment, cwd);
  const dataDir = resolve(cwd, values.DATA_DIR);
  makeDataFolder(dataDir);
  return Object.freeze({
    dataDir,
    databaseUrl: databaseUrl(values.DATABASE_URL, cwd, dataDir),
    queueUrl: values.QUEUE_URL,
    smtpUrl: values.SMTP_URL,
    smtpConnections: values.SMTP_CONNECTIONS,
    writerThreads: values.WRITER_THREADS,
    deliveryLimits: values.DELIVERY_LIMITS,
    smtpRate: values.SMTP_RATE,
    warmUp: values.WARM_UP,
    retention: values.RETENTION,
    eventNames: values.EVENT_NAMES,
    leaseMs: values.LEASE_SECONDS * 1000,
    firstRetryMs: values.RETRY_FIRST_SECONDS * 1000,
    publicUrl: (values.PUBLIC_URL ?? `http://localhost:${values.HTTP_PORT}`).replace(/\/+$/, ''),
    secret: values.SECRET ?? keptSecret(dataDir),
    httpHost: values.HTTP_HOST,
    httpPort: values.HTTP_PORT,
    inboundHost: values.INBOUND_HOST,
    inboundPort: values.INBOUND_PORT,
    replyDomain: values.REPLY_DOMAIN,
    dkim: dkim(values, cwd),
    defaultFrequency: values.DEFAULT_FREQUENCY,
    timeZone: values.TIME_ZONE,
    languages: values.LANGUAGES === 'none' ? [] : values.LANGUAGES.split(',').map((tag) => tag.trim()),
    traits: {
      orderEvents: values.ORDER_EVENTS,
      refundEvents: values.REFUND_EVENTS,
      orderMoney: values.ORDER_MONEY,
      orderId: values.ORDER_ID,
      loyalFrom: values.LOYAL_FROM,
      formerAfter: values.FORMER_AFTER,
    },
    followMs: values.FOLLOW_MINUTES * 60_000,
    logLevel: values.LOG_LEVEL,
    templatesDir: resolve(cwd, 'templates'),
  });
}

/** Every setting with its value, where the value comes from, and what it is for. */
export function describeConfig(environment: Environment, cwd: string): Setting[] {
  const file = dotenv(cwd);
  const values = parse(environment, cwd);
  return names().map((name) => {
    const source = environment[name] ? 'environment' : file[name] ? '.env' : 'default';
    return { name, value: masked(name, values[name]), source, about: settings[name][1] };
  });
}

function names(): Name[] {
  return Object.keys(settings).filter((name): name is Name => name in settings);
}

function parse(environment: Environment, cwd: string): Values {
  const file = dotenv(cwd);
  const schema = z.object(
    Object.fromEntries(names().map((name) => [name, z.preprocess(emptyIsAbsent, settings[name][0])])),
  );
  const given = Object.fromEntries(names().map((name) => [name, environment[name] ?? file[name]]));
  const result = schema.safeParse(given);
  if (result.success) return result.data as Values;
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new DearError('config.invalid', `Settings that cannot be used: ${wrong.join('; ')}.`, {
    kind: 'usage',
    mend: 'Correct them in the environment or in .env; `dear config` lists every setting.',
  });
}

function dotenv(cwd: string): Record<string, string> {
  const path = join(cwd, '.env');
  return existsSync(path) ? parseDotenv(readFileSync(path)) : {};
}

function masked(name: Name, value: unknown): string {
  if (value === undefined) return '';
  const text = String(value);
  if (name === 'SECRET') return '••••••••';
  if (name === 'SMTP_URL') return serverUrls(text).map(withoutPassword).join(', ');
  return withoutPassword(text);
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password) url.password = '***';
  return url.password ? url.toString() : text;
}

function databaseUrl(given: string | undefined, cwd: string, dataDir: string): string {
  if (given === undefined) return join(dataDir, 'dear.db');
  if (/^postgres(ql)?:\/\//i.test(given)) return given;
  return resolve(cwd, given.replace(/^file:(\/\/)?/i, ''));
}

function makeDataFolder(dataDir: string): void {
  try {
    makeFolder(dataDir);
  } catch (cause) {
    throw new DearError('config.data-dir', `The data folder ${dataDir} cannot be made.`, {
      mend: 'Set DATA_DIR to a folder that this user may write to.',
      cause,
    });
  }
}

function keptSecret(dataDir: string): string {
  const path = join(dataDir, 'secret');
  try {
    writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFileSync(path, 'utf8').trim();
}

function dkim(values: Values, cwd: string): Config['dkim'] {
  if (values.DKIM_KEY_FILE === undefined) return undefined;
  const path = resolve(cwd, values.DKIM_KEY_FILE);
  try {
    return { domain: values.DKIM_DOMAIN, selector: values.DKIM_SELECTOR, key: readFileSync(path, 'utf8') };
  } catch (cause) {
    throw new DearError('config.dkim', `The DKIM key file ${path} cannot be read.`, {
      mend: 'Point DKIM_KEY_FILE at a PEM private key, or leave it empty to send unsigned.',
      cause,
    });
  }
}
