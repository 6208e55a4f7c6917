import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse as parseDotenv } from 'dotenv';
import { z } from 'zod';
import { DearError } from './errors.ts';
import { makeFolder } from './folder.ts';
import { serverUrls, settings } from './settings.ts';

type Name = keyof typeof settings;
type Values = { [K in Name]: z.output<(typeof settings)[K][0]> };

const emptyIsAbsent = (value: unknown) => (value === '' ? undefined : value);

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
