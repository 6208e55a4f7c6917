import type { Reply } from './smtp-reply.ts';
import type { SmtpSettings } from './smtp-url.ts';
import type { WireEnd } from './smtp-wire.ts';
import type { Stage } from './transport.ts';

/** What kept a connection from being ready for letters. */
export interface Trouble {
  readonly answer: Reply | WireEnd;
  readonly stage: Stage;
  /** Whether the server had greeted us, and whether it said that it knows STARTTLS. */
  readonly greeted: boolean;
  readonly startTls: boolean;
}

/**
 * What is the matter with a server, and how to mend it, in plain language; undefined where its own words say it best.
 * They are to stand behind it in any case.
 */
export function plainly(trouble: Trouble, settings: SmtpSettings): string | undefined {
  const { answer, stage } = trouble;
  if (answer.code === undefined) return ofEnd(answer, trouble.greeted, settings);
  if (answer.code < 500) return undefined;
  if (stage === 'tls' && !trouble.startTls)
    return `${settings.host} offers no TLS at port ${settings.port}, and SMTP_URL asks for it (tls=require, or a password that must not travel in plain text). ${wrongPort(settings)}. tls=never goes on without TLS`;
  return stage === 'auth' ? ofLogin(answer.code, settings) : undefined;
}

function ofLogin(code: number, { host }: SmtpSettings): string {
  if (code === 530 || code === 538)
    return `${host} wants TLS before the login. Write tls=require in SMTP_URL`;
  if (code < 505)
    return `${host} knows no way to log in that Dear knows (PLAIN, LOGIN, CRAM-MD5). If it takes letters from this machine without, leave user and password out of SMTP_URL`;
  return `${host} refuses the login. See to user and password in SMTP_URL; @ : / % in them are written as %40 %3A %2F %25`;
}

function ofEnd(end: WireEnd, greeted: boolean, settings: SmtpSettings): string | undefined {
  const { host, port } = settings;
  const known = end.cause === undefined ? undefined : causes[end.cause];
  if (known !== undefined) return known(settings);
  if (end.during === 'connecting') return end.why === 'silent' ? noAnswer(settings) : undefined;
  if (end.during === 'securing') {
    if (NO_TLS.test(end.text)) return noTls(settings);
    return end.why === 'silent'
      ? `${host} does not go on in TLS at port ${port}. ${wrongPort(settings)}`
      : undefined;
  }
  if (greeted || end.why === 'closed') return undefined;
  return settings.tls === 'implicit'
    ? `${host} does not speak SMTP at port ${port}`
    : `${host} does not speak SMTP at port ${port}, or waits for TLS from the first byte. ${wrongPort(settings)}`;
}

const causes: Readonly<Record<string, (settings: SmtpSettings) => string>> = {
  ECONNREFUSED: ({ host, port }) =>
    `no server listens at ${host}, port ${port}. Start it, or correct SMTP_URL`,
  ENOTFOUND: unknownName,
  EAI_AGAIN: ({ host }) =>
    `the name ${host} could not be looked up just now. Does this machine reach its name server?`,
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  ETIMEDOUT: noAnswer,
  CERT_HAS_EXPIRED: (settings) =>
    `the certificate of ${settings.host} has expired. It needs a new one; ${unchecked(settings)}`,
  CERT_NOT_YET_VALID: (settings) =>
    `the certificate of ${settings.host} is not valid yet. Is this machine's clock right? ${unchecked(settings)}`,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: selfSigned,
  UNABLE_TO_GET_ISSUER_CERT: selfSigned,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: selfSigned,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: selfSigned,
  ERR_TLS_CERT_ALTNAME_INVALID: (settings) =>
    `the certificate is not for ${settings.host}. Write the name that it is for (it stands at the end) in SMTP_URL; ${unchecked(settings)}`,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ERR_SSL_UNKNOWN_PROTOCOL: noTls,
  ERR_SSL_UNSUPPORTED_PROTOCOL: oldTls,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: oldTls,
};

function noAnswer({ host, port }: SmtpSettings): string {
  return `${host} does not answer at port ${port}. Is it the right port (587 and 465 are usual), and does a firewall let it through?`;
}

function unknownName({ host }: SmtpSettings): string {
  return `there is no machine by the name ${host}. Correct it in SMTP_URL`;
}

function noWay({ host }: SmtpSettings): string {
  return `there is no way from this machine to ${host}. Is it on the network?`;
}

function selfSigned(settings: SmtpSettings): string {
  return `nobody whom this machine trusts has signed the certificate of ${settings.host}. If you know who did, name their file in NODE_EXTRA_CA_CERTS; ${unchecked(settings)}`;
}

function unchecked({ verify }: SmtpSettings): string {
  return verify
    ? 'tls=insecure in SMTP_URL goes on without looking at it'
    : 'SMTP_URL says not to look at it';
}

function oldTls({ host }: SmtpSettings): string {
  return `${host} speaks only versions of TLS that are no longer safe. It has to be brought up to date`;
}

function noTls(settings: SmtpSettings): string {
  return `${settings.host} does not speak TLS at port ${settings.port}. ${wrongPort(settings)}`;
}

const NO_TLS = /wrong version number|packet length too long|unknown protocol/i;

/** The other way to begin, with the ports on which either is usual. */
function wrongPort({ tls }: SmtpSettings): string {
  return tls === 'implicit'
    ? 'smtps:// is for ports with TLS from the first byte (465); this one may want smtp:// (587, 25), which asks for TLS with STARTTLS'
    : 'smtp:// is for ports that begin in plain text (587, 25); one with TLS from the first byte (465) wants smtps://';
}
