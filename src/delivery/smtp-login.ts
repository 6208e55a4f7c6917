import { createHmac } from 'node:crypto';
import type { Reply } from './smtp-reply.ts';
import type { SmtpWire, WireEnd } from './smtp-wire.ts';

interface Credentials {
  readonly user: string;
  readonly pass: string;
}

/** What a mechanism says at first, and to each challenge; the server's part of the last one is its verdict. */
interface Mechanism {
  readonly first: string;
  readonly answers: readonly ((challenge: Buffer) => string)[];
}

/** In the order of preference. The first two are for connections in TLS, which the settings see to. */
const mechanisms: Readonly<Record<string, (credentials: Credentials) => Mechanism>> = {
  /** RFC 4616. */
  PLAIN: ({ user, pass }) => ({ first: `AUTH PLAIN ${base64(`\0${user}\0${pass}`)}`, answers: [] }),
  LOGIN: ({ user, pass }) => ({ first: 'AUTH LOGIN', answers: [() => base64(user), () => base64(pass)] }),
  /** RFC 2195. */
  'CRAM-MD5': ({ user, pass }) => ({
    first: 'AUTH CRAM-MD5',
    answers: [(challenge) => base64(`${user} ${createHmac('md5', pass).update(challenge).digest('hex')}`)],
  }),
};

/**
 * Authenticates (RFC 4954) by the first mechanism we know of those `offered`; PLAIN when the server names none.
 * Resolves with what went wrong: an answer, an end, or that there is no common mechanism.
 */
export async function logIn(
  wire: SmtpWire,
  offered: readonly string[],
  credentials: Credentials,
): Promise<Reply | WireEnd | undefined> {
  const name = offered.length === 0 ? 'PLAIN' : Object.keys(mechanisms).find((one) => offered.includes(one));
  const mechanism = mechanisms[name ?? '']?.(credentials);
  if (mechanism === undefined) return { code: 504, text: `504 5.5.4 only ${offered.join(', ')} offered` };
  let said = await wire.ask(mechanism.first);
  for (const answer of mechanism.answers) {
    if (said.code !== 334) break;
    said = await wire.ask(answer(Buffer.from(said.text.slice(4), 'base64')));
  }
  if (said.code !== undefined && said.code >= 200 && said.code < 300) return undefined;
  // A challenge where a verdict should be: nothing more is owed to it.
  return said.code === 334 ? { code: 535, text: `535 5.7.8 another challenge: ${said.text}` } : said;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
