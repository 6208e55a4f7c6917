import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { messageOf } from '../errors.ts';
import type { Outcome, Stage } from './transport.ts';

/** What nodemailer's SMTPConnection reports when a step fails. */
export type SmtpError = SMTPConnection.SMTPError;

/** Why a connection could not be made ready. */
export interface Refusal {
  readonly stage: Stage;
  readonly code: number | undefined;
  readonly response: string;
}

/** What was seen on the wire during one letter's transaction. */
export interface Observed {
  /** Answers since MAIL was sent, whole lines only. */
  readonly replies: number;
  /** Whether the letter's bytes had begun to leave. */
  readonly began: boolean;
}

/** The commands of a transaction in the order of their answers. */
const dialogue: readonly Stage[] = ['mail', 'rcpt', 'data'];

const stageOfCommand: Readonly<Record<string, Stage>> = {
  'MAIL FROM': 'mail',
  'RCPT TO': 'rcpt',
  DATA: 'data',
};

/**
 * What a failed transaction means for the letter (DESIGN: the ledger's invariants). Once its bytes had begun,
 * only an answer of the server tells that it was not taken; without one it is `unknown`. Before that it is safe
 * to try again.
 */
export function outcomeOf(error: SmtpError, seen: Observed): Outcome {
  const code = answerCode(error);
  const response = answerText(error);
  const stage = seen.began ? 'final' : stageReached(error, code, seen.replies);
  if (code !== undefined && isFinalNo(code)) return { kind: 'failed', code, response, stage };
  // nodemailer compares with the SIZE that the server announced, so this letter was never offered.
  if (code === undefined && error.code === 'EMESSAGE' && !seen.began) {
    return { kind: 'failed', code: 552, response, stage: 'mail' };
  }
  if (code !== undefined && code >= 400 && code < 600) {
    return { kind: 'deferred', code, response, stage, scope: concernsServer(code) ? 'server' : 'letter' };
  }
  if (seen.began) return { kind: 'unknown', response };
  return { kind: 'deferred', code, response, stage, scope: 'server' };
}

/**
 * Whether the server had just ended a session that was idle, or had carried its share of letters: it answered
 * nothing to MAIL, or 421. Another connection may take the same letter at once, nothing of it has left.
 */
export function sessionWasOver(error: SmtpError, seen: Observed): boolean {
  if (seen.began || error.code === 'ETIMEDOUT') return false;
  const code = answerCode(error);
  return code === undefined
    ? seen.replies === 0 && error.code !== 'EMESSAGE'
    : code === 421 && seen.replies <= 1;
}

/** Where making a connection failed. */
export function refusalOf(error: SmtpError, upgrading: boolean): Refusal {
  const stage = error.code === 'EAUTH' ? 'auth' : upgrading || isTlsTrouble(error) ? 'tls' : 'connect';
  return { stage, code: answerCode(error), response: answerText(error) };
}

/** 5xx, but for two that speak of the session and not of the letter: bad sequence, and authentication missing. */
function isFinalNo(code: number): boolean {
  return code >= 500 && code < 600 && !concernsServer(code);
}

/** 421: the service closes (RFC 5321 §3.8); 503: bad sequence; 530: authentication or STARTTLS first (RFC 4954 §6). */
function concernsServer(code: number): boolean {
  return code === 421 || code === 503 || code === 530;
}

function stageReached(error: SmtpError, code: number | undefined, replies: number): Stage {
  const named = stageOfCommand[error.command ?? ''];
  if (named !== undefined) return named;
  // An answer belongs to the last command answered, a silence to the first that was not.
  const place = code === undefined ? replies : replies - 1;
  return dialogue[Math.min(Math.max(place, 0), dialogue.length - 1)] ?? 'data';
}

function isTlsTrouble(error: SmtpError): boolean {
  if (error.code === 'ETLS' || error.timeoutType === 'UPGRADE_TIMEOUT') return true;
  return /^(EPROTO$|ERR_SSL|ERR_TLS)|CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH/.test(
    error.originalCode ?? '',
  );
}

function answerCode(error: SmtpError): number | undefined {
  return typeof error.response === 'string' ? error.responseCode : undefined;
}

function answerText(error: SmtpError): string {
  return error.response === undefined || error.response === '' ? messageOf(error) : oneLine(error.response);
}

/** An answer of several lines on one. */
export function oneLine(response: string): string {
  return response.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}
