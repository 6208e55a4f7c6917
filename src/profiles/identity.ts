import { DearError } from '../errors.ts';
import { AS_TEXT } from './json.ts';

/** What another system calls a profile: a customer number of the shop, an id of the CDP. */
export interface ExternalId {
  /** The system, such as `shop`. */
  readonly source: string;
  readonly value: string;
}

/** What one call knows about who somebody is. */
export interface Identifiers {
  /** Dear's own id; that of a profile which was merged into another leads to the other. */
  readonly profileId?: number | undefined;
  /** As `normaliseEmail` gives it. */
  readonly email?: string | undefined;
  /** Checked with `externalId`. */
  readonly externalIds: readonly ExternalId[];
}

export interface ResolveOptions {
  /** Makes a profile for identifiers that nobody has. An unknown `profileId` never makes one. */
  readonly create: boolean;
  /**
   * A new address for a profile that has another becomes its address, and the old one leads to it from then on.
   * For callers who are trusted to speak for the customer; without it the profile keeps its address.
   */
  readonly changeEmail?: boolean | undefined;
  /**
   * Whoever says so may be anybody, and must not make themselves somebody else: whatever the shop says later of an id
   * of theirs would be said of that customer, whose address it could change. So nobody who has an address or an id but
   * a browser's is merged, or gets another id but, from a call that names both their address and their id, that of a
   * browser; one call makes one id known of somebody new. A profile without an address of which something is kept, and
   * that is known by more than an anonymous id, gets no address: or a stranger who knows its number would be sent its
   * letters.
   */
  readonly isPublic?: boolean | undefined;
  /** Who says so, for the timeline, such as `api key shop`. */
  readonly by?: string | undefined;
}

/** Why two profiles are one person, for the timeline. */
export interface MergeNote {
  readonly by: string;
  readonly why: string;
}

/** What a merge moved. */
export interface Merged {
  readonly survivor: number;
  readonly merged: number;
  /** The address of the merged profile; it leads to the survivor from now on. */
  readonly email: string | undefined;
  readonly events: number;
  readonly sends: number;
}

/**
 * Who is who. The rules, in the order in which they are asked:
 * 1. The profile is the one that `profileId` names, else the e-mail, else the external ids in their order, those of a
 *    browser (`ANONYMOUS`) last.
 * 2. Another profile named by the same call is the same person, and is merged, when at most one of the two has an
 *    address. Two profiles with an address each are never merged by a call: a shared computer or a typing error
 *    would hand one customer's letters and data to another. The call then counts for the profile of rule 1, what
 *    belongs to the other stays there, and the doubt is an entry (`conflict`) on the timeline. A person can decide
 *    it with `merge`.
 * 3. The profile with the address survives, else the older one.
 * 4. Identifiers that nobody has are attached to the profile; a second address only with `changeEmail`.
 * 5. An id of a browser names nobody whom other identifiers of the call do not name, once it leads to somebody who has
 *    an address or another id: at a shared computer the next customer is a person of their own. This too is an entry
 *    on the timeline of both.
 * 6. What anybody may have sent (`isPublic`) ties nothing to somebody who is known already.
 * 7. An id that it gave is a claim until a call of somebody trusted names it with what is surely the same person's.
 *    When such a call names it with another address, or another person, than its profile's, the id goes there: it
 *    changes no address and merges nobody. This too is an entry on the timeline of both.
 */
export interface IdentityStore {
  /**
   * The profile id of each, in the order of the batch; undefined where there is none. Attaches and merges as said
   * above, in one transaction a 500, safe against others doing the same.
   */
  resolve(
    batch: readonly Identifiers[],
    now: number,
    options: ResolveOptions,
  ): Promise<(number | undefined)[]>;
  /** The same without writing anything: by rule 1 alone. */
  find(batch: readonly Identifiers[]): Promise<(number | undefined)[]>;
  /** Whether each of the batch names somebody who was erased, by an identifier that no profile has. */
  areErased(batch: readonly Identifiers[]): Promise<boolean[]>;
  /** External ids of a profile, and under the source `email` the addresses it had before. */
  externalIdsOf(profileId: number): Promise<(ExternalId & { readonly createdAt: number })[]>;
  /**
   * Merges `merged` into `survivor`, in one transaction.
   * @throws DearError `profile.unknown`, or `profile.same` when both are one already
   */
  merge(survivor: number, merged: number, note: MergeNote, now: number): Promise<Merged>;
  /**
   * Moves what somebody wrote under the old id while its profile was being merged. Each merge is looked at once,
   * when it was made before `before` (ms), some hundreds a call. Returns how many were looked at.
   */
  settleMerges(before: number, now: number): Promise<number>;
}

/** Under this source Segment's libraries name a visitor by what they made up themselves. */
export const ANONYMOUS = 'anonymousId';

/** Under this source the store keeps the addresses that a profile had before. */
export const FORMER_EMAIL = 'email';

const SOURCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/;
const VALUE_MAX = 200;

/** Why it cannot be an external id, or undefined when it can. */
export function wrongExternalId({ source, value }: ExternalId): string | undefined {
  if (!SOURCE.test(source)) return 'the source is not 1 to 50 letters, digits, dots, hyphens or underscores';
  if (source === FORMER_EMAIL)
    return `the source ${FORMER_EMAIL} is Dear's own: give an address as the e-mail`;
  if (value.trim() === '') return 'it is empty';
  if (value.length > VALUE_MAX) return `it has more than ${VALUE_MAX} characters`;
  // Control characters, and halves of a surrogate pair, which PostgreSQL cannot hold.
  return /[\p{Cc}\p{Surrogate}]/u.test(value) ? 'it holds control characters' : undefined;
}

/** Why a number of a JSON text cannot stand for an id, or undefined when it can: 4.10 and 4.1 are the same number. */
export function wrongNumberId(given: unknown): string | undefined {
  if (typeof given !== 'number' || Number.isSafeInteger(given)) return undefined;
  return `as a number it may have lost digits: ${AS_TEXT}`;
}

/**
 * An external id, spaces around it removed. Upper and lower case stay apart: to the other system they may differ.
 * @throws DearError `identity.external-id`
 */
export function externalId(source: string, value: string): ExternalId {
  const id = { source: source.trim(), value: value.trim() };
  const wrong = wrongExternalId(id);
  if (wrong === undefined) return id;
  throw new DearError(
    'identity.external-id',
    `An external id of '${id.source.slice(0, 60)}' is wrong: ${wrong}.`,
    {
      kind: 'usage',
      mend: 'Give a source and a value, such as shop and 4711.',
    },
  );
}
