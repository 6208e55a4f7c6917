import { DearError } from '../errors.ts';
import { readableEmail, readEmail } from './email.ts';
import { externalId, type Identifiers } from './identity.ts';
import type { Profile } from './port.ts';

/** `shop:4711`; an address holds no colon before its @. */
const EXTERNAL = /^([A-Za-z0-9][A-Za-z0-9._-]{0,49}):(.+)$/s;

/**
 * Reads how a person names a customer: an e-mail address, an id of Dear's own (`12`), or an external id
 * (`shop:4711`).
 * @throws DearError `profile.address`
 */
export function readWho(text: string): Identifiers {
  const trimmed = text.trim();
  if (/^[1-9]\d{0,14}$/.test(trimmed)) return { profileId: Number(trimmed), externalIds: [] };
  const [, source, value] = EXTERNAL.exec(trimmed) ?? [];
  if (source !== undefined && value !== undefined) return { externalIds: [externalId(source, value)] };
  const read = readEmail(trimmed);
  if (read.ok) return { email: read.email, externalIds: [] };
  throw new DearError(
    'profile.address',
    `'${trimmed.slice(0, 100)}' is not an e-mail address: ${read.why}.`,
    {
      kind: 'usage',
      mend: 'Write it like ann@example.com; a profile’s id (12) or an external id (shop:4711) will do as well.',
    },
  );
}

/** What to call a customer in a sentence. */
export function nameOf({ id, email }: Pick<Profile, 'id' | 'email'>): string {
  return email === undefined ? `Profile ${id}` : readableEmail(email);
}
