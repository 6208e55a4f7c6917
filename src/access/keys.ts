import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { DearError } from '../errors.ts';

/** What a key may do, with the sentence that `dear keys` shows. */
export const scopes = {
  events: 'adds events',
  profiles: 'adds and changes profiles, their addresses and consents too',
  read: 'reads profiles',
  site: 'may stand in a web page: adds events and attributes by the /v1 calls, never changes an address',
} as const;

export type Scope = keyof typeof scopes;

/** A key of the API as people see it. The secret itself is kept nowhere. */
export interface ApiKey {
  /** The part of the secret that names the key. */
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: number;
  /** ms, exact to half a minute or so. */
  readonly usedAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** How many events and profiles were stored, and how many refused. */
  readonly stored: number;
  readonly refused: number;
  /** Why the last one was refused. */
  readonly lastRefusal: string | undefined;
}

export interface StoredKey extends ApiKey {
  /** SHA-256 of the secret, which is random enough to need no salt and no slow hash. */
  readonly hash: string;
}

/** What was done with a key since it was last written down. */
export interface KeyUse {
  readonly id: string;
  readonly name: string;
  readonly at: number;
  readonly stored: number;
  readonly refused: number;
  readonly lastRefusal: string | undefined;
}

export interface KeyStore {
  /** False when a key that is not revoked has the name already. */
  add(key: StoredKey): Promise<boolean>;
  /** The oldest first, revoked ones too. */
  list(): Promise<StoredKey[]>;
  /** Returns whether there was a key of that name that was not revoked yet. */
  revoke(name: string, at: number): Promise<boolean>;
  used(uses: readonly KeyUse[]): Promise<void>;
}

const SECRET = /^dear_([0-9a-f]{10})_[A-Za-z0-9_-]{43}$/;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,49}$/u;

/**
 * Makes a key. The secret is in the answer and nowhere else.
 * @throws DearError `key.name`
 */
export function makeKey(
  name: string,
  allowed: readonly Scope[],
  now: number,
): { secret: string; key: StoredKey } {
  if (!NAME.test(name)) {
    throw new DearError('key.name', 'A key cannot have this name.', {
      kind: 'usage',
      mend: 'Use up to 50 letters, digits, spaces, dots, hyphens and underscores, such as shop.',
    });
  }
  const id = randomBytes(5).toString('hex');
  const secret = `dear_${id}_${randomBytes(32).toString('base64url')}`;
  const key = {
    id,
    name,
    scopes: allowed,
    createdAt: now,
    usedAt: undefined,
    revokedAt: undefined,
    stored: 0,
    refused: 0,
    lastRefusal: undefined,
    hash: hash('sha256', secret, 'hex'),
  };
  return { secret, key };
}

/** The id in a secret; undefined when it is no secret of ours. */
export function keyIdOf(secret: string): string | undefined {
  return SECRET.exec(secret)?.[1];
}

/** Whether the secret is the key's, in constant time. */
export function fits(secret: string, key: StoredKey): boolean {
  return timingSafeEqual(hash('sha256', secret, 'buffer'), Buffer.from(key.hash, 'hex'));
}
