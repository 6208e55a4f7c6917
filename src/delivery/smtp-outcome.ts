import type { Reply } from './smtp-reply.ts';
import type { WireEnd } from './smtp-wire.ts';
import type { Outcome, Stage } from './transport.ts';

/** Why a connection could not be made ready. */
export interface Refusal {
  readonly stage: Stage;
  readonly code: number | undefined;
  readonly response: string;
}

/** How a letter fared, and whether the session had been over before it began. */
export interface Sent {
  readonly outcome: Outcome;
  readonly stale: boolean;
}

/** What it means for the letter that the server said no (4xx, 5xx) at a stage (DESIGN: the ledger's invariants). */
export function refusedOutcome({ code, text }: Reply, stage: Stage): Outcome {
  const response = oneLine(text);
  const concernsServer = code === SERVICE_CLOSES || code === BAD_SEQUENCE || code === LOG_IN_FIRST;
  if (code >= 500 && !concernsServer) return { kind: 'failed', code, response, stage };
  return { kind: 'deferred', code, response, stage, scope: concernsServer ? 'server' : 'letter' };
}

/**
 * What it means for the letter that no answer came to what was said at a stage. Once its bytes had begun to leave,
 * nobody knows; before that it is safe to try again.
 */
export function unansweredOutcome(text: string, stage: Stage): Outcome {
  const response = oneLine(text);
  if (stage === 'final') return { kind: 'unknown', response };
  return { kind: 'deferred', code: undefined, response, stage, scope: 'server' };
}

/** A letter that cannot be offered to this server at all; worded like an answer (RFC 3463 codes). */
export function notOffered(code: number, stage: Stage, enhanced: string, why: string): Outcome {
  return { kind: 'failed', code, response: `${code} ${enhanced} not offered: ${why}`, stage };
}

/**
 * Whether the server had just ended a session that was idle, or had carried its share of letters: it answered
 * nothing to MAIL, or 421. Another connection may take the same letter at once, nothing of it has left.
 */
export function sessionWasOver(answer: Reply | WireEnd, stage: Stage): boolean {
  return stage === 'mail' && (answer.code === undefined ? answer.why === 'closed' : isClosing(answer));
}

/** Whether the server closes the connection with this answer, at whatever stage (RFC 5321 §3.8). */
export function isClosing(reply: Reply): boolean {
  return reply.code === SERVICE_CLOSES;
}

const SERVICE_CLOSES = 421;
/** These two speak of the session, not of the letter. */
const BAD_SEQUENCE = 503;
/** Authentication or STARTTLS first (RFC 4954 §6, RFC 3207 §4). */
const LOG_IN_FIRST = 530;

/** What a server said (octets as latin1) on one line, without anything that could not be stored or shown. */
export function oneLine(said: string): string {
  if (/^[\x20-\x7e]*$/.test(said)) return said.trim();
  const text = Buffer.from(said, 'latin1').toString();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go.
  return text.replace(/[\x00-\x20\x7f-\xa0\u2028\u2029]+/g, ' ').trim();
}
