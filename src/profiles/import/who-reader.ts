import type { readEmail } from '../email.ts';
import type { ExternalId } from '../identity.ts';
import { type Compiled, required } from './expression.ts';
import { Refused } from './filters.ts';

/** Whom a row is about. Without an address there is an external id at least. */
export interface Who {
  readonly email: string | undefined;
  readonly externalIds: readonly ExternalId[];
}

/**
 * Reads whom a row is about: an address, external ids, or both.
 * @param read reads an address
 */
export function whoReader(
  email: Compiled | undefined,
  externalIds: (values: readonly unknown[]) => ExternalId[] | Refused,
  read: typeof readEmail,
): (values: readonly unknown[]) => Who | Refused {
  const needed = email && required(email, 'email');
  return (values) => {
    const ids = externalIds(values);
    if (ids instanceof Refused) return ids;
    // Without external ids the address is needed, and its absence says which column is empty.
    const given = ids.length > 0 ? email?.evaluate(values) : needed?.(values);
    if (given instanceof Refused) return given;
    if (given === undefined || given === null || given === '') {
      return ids.length > 0 ? { email: undefined, externalIds: ids } : new Refused('it names nobody');
    }
    const address = read(typeof given === 'string' ? given : '');
    return address.ok
      ? { email: address.email, externalIds: ids }
      : new Refused(`the e-mail address is not valid: ${address.why}`);
  };
}

const REMEMBERED = 4000;

/** Where the same text comes again and again, what was read of it holds for the next one too. */
export function remembering<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    if (known.size >= REMEMBERED) known.clear();
    const found = read(text);
    known.set(text, found);
    return found;
  };
}
