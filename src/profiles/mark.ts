import { hash } from 'node:crypto';

/** What kind of identifier a mark stands for; one text marked as two kinds gives two marks. */
export type MarkKind = 'address' | 'external id';

/** Turns an identifier into a mark that tells nothing to whoever does not hold the secret. */
export type Mark = (kind: MarkKind, text: string) => string;

/** What every mark begins with; no address does. */
const MARK_PREFIX = 'erased:';

const CHARACTERS = 32;

/**
 * Marks under a secret: the first 192 bits of SHA-512/256 over secret, kind and text, which cannot be lengthened by
 * someone who sees a mark. A plain hash of an address could be guessed back from a list of addresses; this one
 * needs the secret as well. It costs about a microsecond, a quarter of an HMAC, because imports ask it row by row.
 */
export function makeMark(secret: string): Mark {
  const key = hash('sha512', `dear: marks of erased people, 1\n${secret}`, 'base64url');
  return (kind, text) =>
    `${MARK_PREFIX}${hash('sha512-256', `${key}\n${kind}\n${text}`, 'base64url').slice(0, CHARACTERS)}`;
}
