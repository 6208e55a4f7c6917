import { z } from 'zod';

const port = z.coerce
  .number({ error: 'must be a port number' })
  .int()
  .min(0, 'must be a port number from 0 to 65535')
  .max(65_535, 'must be a port number from 0 to 65535');

const isUrl = (text: string, schemes: readonly string[]) =>
  URL.canParse(text) && schemes.includes(new URL(text).protocol);

/** SMTP_URL may name several servers; a comma may stand in a password, so only a scheme begins the next one. */
export const serverUrls = (text: string) => text.trim().split(/[\s,]+(?=smtps?:\/\/)/i);

const urlSetting = (schemes: readonly string[]) =>
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

/** Every setting: its schema, and the sentence that `dear config` shows beside it. */
export const settings = {
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
    urlSetting(['redis:', 'rediss:', 'postgres:', 'postgresql:']).optional(),
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
    urlSetting(['http:', 'https:']).optional(),
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
    'languages that customers can choose on the preference page; kept as the attribute language, by which pages speak to them',
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
