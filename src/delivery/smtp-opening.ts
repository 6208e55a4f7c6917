import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { logIn } from './smtp-login.ts';
import { oneLine, type Refusal } from './smtp-outcome.ts';
import type { Reply } from './smtp-reply.ts';
import { plainly, type Trouble } from './smtp-trouble.ts';
import type { SmtpSettings } from './smtp-url.ts';
import { SmtpWire, type WireEnd } from './smtp-wire.ts';
import type { Stage } from './transport.ts';

/** What a server announced in its answer to EHLO, as far as it matters here. */
export interface Extensions {
  readonly eightBitMime: boolean;
  /** Commands may be written without waiting for the answer to the one before (RFC 2920). */
  readonly pipelining: boolean;
  /** The most octets that a letter may have (RFC 1870), 0 for no limit; undefined when it does not ask. */
  readonly size: number | undefined;
  readonly startTls: boolean;
  readonly auth: readonly string[];
}

/** A connection that is ready for letters. */
interface Opened {
  readonly wire: SmtpWire;
  readonly extensions: Extensions;
}

/** Connects, greets, secures and authenticates. Never rejects; after a refusal the connection is closed. */
export async function openWire(settings: SmtpSettings): Promise<Opened | Refusal> {
  const wire = new SmtpWire(settings);
  const opened = await dialogue(wire, settings);
  if (!('wire' in opened)) wire.close();
  return opened;
}

async function dialogue(wire: SmtpWire, settings: SmtpSettings): Promise<Opened | Refusal> {
  const greeting = await wire.ask(undefined);
  let known = { greeted: false, startTls: false };
  const refused = (answer: Reply | WireEnd, stage: Stage) =>
    refusal({ answer, stage: stageOf(answer, stage), ...known }, settings);
  if (greeting.code !== 220) return refused(greeting, 'connect');
  wire.greeted();
  known = { greeted: true, startTls: false };
  const name = settings.name ?? ownName();
  let hello = await greet(wire, name);
  if ('code' in hello) return refused(hello, 'connect');
  if (settings.tls === 'require' || (settings.tls === 'offered' && hello.startTls)) {
    known = { greeted: true, startTls: hello.startTls };
    const trouble = await startTls(wire);
    if (trouble !== undefined) return refused(trouble, 'tls');
    // What was announced before TLS may have been another's words (RFC 3207 §4.2).
    hello = await greet(wire, name);
    if ('code' in hello) return refused(hello, 'tls');
  }
  if (settings.auth !== undefined) {
    const trouble = await logIn(wire, hello.auth, settings.auth);
    if (trouble !== undefined) return refused(trouble, 'auth');
  }
  return { wire, extensions: hello };
}

/** EHLO; or HELO for a server that knows no better (RFC 5321 §3.2), which then offers nothing. */
async function greet(wire: SmtpWire, name: string): Promise<Extensions | Reply | WireEnd> {
  const answer = await wire.ask(`EHLO ${name}`);
  if (answer.code === undefined || (answer.code >= 300 && answer.code < 500)) return answer;
  if (answer.code < 300) return extensionsOf(answer.text);
  const older = await wire.ask(`HELO ${name}`);
  return older.code !== undefined && older.code < 300 ? extensionsOf('') : older;
}

/** Asks for it even if it was not offered: the settings know better, or whoever sits in between has left it out. */
async function startTls(wire: SmtpWire): Promise<Reply | WireEnd | undefined> {
  const answer = await wire.ask('STARTTLS');
  return answer.code === 220 ? wire.upgrade() : answer;
}

/** The keywords of an answer to EHLO (RFC 5321 §4.1.1.1), one a line after the first. */
function extensionsOf(text: string): Extensions {
  const parameters = new Map<string, readonly string[]>();
  for (const line of text.split('\n').slice(1)) {
    // Some servers of old wrote AUTH=LOGIN.
    const [keyword = '', ...words] = line
      .slice(4)
      .toUpperCase()
      .trim()
      .split(/[ \t=]+/);
    parameters.set(keyword, [...(parameters.get(keyword) ?? []), ...words]);
  }
  const size = parameters.get('SIZE');
  return {
    eightBitMime: parameters.has('8BITMIME'),
    pipelining: parameters.has('PIPELINING'),
    size: size && (/^\d{1,15}$/.test(size[0] ?? '') ? Number(size[0]) : 0),
    startTls: parameters.has('STARTTLS'),
    auth: parameters.get('AUTH') ?? [],
  };
}

function stageOf(answer: Reply | WireEnd, stage: Stage): Stage {
  return answer.code === undefined && answer.during === 'securing' ? 'tls' : stage;
}

/** In plain language where that helps, and the server's or the system's own words. */
function refusal(trouble: Trouble, settings: SmtpSettings): Refusal {
  const { answer, stage } = trouble;
  const words = plainly(trouble, settings);
  const own = oneLine(answer.text);
  return { stage, code: answer.code, response: words === undefined ? own : `${words}: "${own}"` };
}

/** A name with a dot, or an address literal for want of one (RFC 5321 §4.1.4). */
function ownName(): string {
  const name = hostname();
  const usable = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/.test(name) && isIP(name) === 0;
  return usable ? name : '[127.0.0.1]';
}
