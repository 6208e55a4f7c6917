import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Keyring } from '../../access/keyring.ts';
import { type ApiKey, type Scope, scopes } from '../../access/keys.ts';
import { DearError } from '../../errors.ts';

const callers = new WeakMap<FastifyRequest, ApiKey>();

/** A hook that lets only keys with one of the scopes through. */
export function needs(keyring: Keyring, ...wanted: readonly Scope[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const secret = secretOf(request.headers.authorization);
    if (secret === undefined) {
      reply.header('www-authenticate', 'Bearer realm="Dear"');
      throw unauthorised('The call has no API key.');
    }
    await admit(keyring, request, secret, wanted);
  };
}

/** @throws DearError `api.unauthorised` or `api.forbidden` */
export async function admit(
  keyring: Keyring,
  request: FastifyRequest,
  secret: string,
  wanted: readonly Scope[],
): Promise<ApiKey> {
  const key = await keyring.check(secret);
  if (key === undefined) throw unauthorised('The API key is unknown, or was revoked.');
  if (!wanted.some((scope) => key.scopes.includes(scope))) throw forbidden(key, wanted);
  callers.set(request, key);
  return key;
}

/** The key that a request came with; it has passed `needs` or `admit`. */
export function callerOf(request: FastifyRequest): ApiKey {
  const key = callers.get(request);
  if (key === undefined) throw unauthorised('The call has no API key.');
  return key;
}

/** The secret in `Bearer …`, or in `Basic …` as user name, where Segment's libraries put it, or else as password. */
export function secretOf(header: string | undefined): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +(\S+)\s*$/i.exec(header ?? '') ?? [];
  if (scheme === '') return undefined;
  if (scheme.toLowerCase() === 'bearer') return value;
  const [name = '', password = ''] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return name === '' ? password || undefined : name;
}

export function unauthorised(message: string): DearError {
  return new DearError('api.unauthorised', message, {
    kind: 'usage',
    mend: 'Send the header `Authorization: Bearer dear_…`; `dear keys add NAME` makes a key.',
  });
}

function forbidden(key: ApiKey, wanted: readonly Scope[]): DearError {
  const words = wanted.map((scope) => `'${scope}' (${scopes[scope]})`).join(' or ');
  return new DearError(
    'api.forbidden',
    `The key '${key.name}' may not do this: it has the scope ${key.scopes.join(', ')}, and this needs ${words}.`,
    { kind: 'usage', mend: 'Make another key with `dear keys add NAME --scope …`.' },
  );
}
