import { ANONYMOUS, type ExternalId, type Identifiers } from './identity.ts';

/** What is asked of somebody whom a call names. */
interface Named {
  readonly email: string | undefined;
  /** See `KnownProfile.isSomebody`. */
  readonly isSomebody: boolean;
}

/** Where the parts of a call lead, each to one object a person. */
export interface Ways<P> {
  readonly ofId: (id: number) => P | undefined;
  readonly ofEmail: (email: string) => P | undefined;
  readonly ofExternalId: (id: ExternalId) => P | undefined;
  /** Whether only somebody who may be anybody gave the id; false for all when such a one asks. */
  readonly isClaimed: (id: ExternalId) => boolean;
}

/** Whom a call names. */
export interface Naming<P> {
  /** Those who are meant, by rank. */
  readonly meant: readonly P[];
  /** Those at whose browser the call was only made. */
  readonly elsewhere: readonly P[];
  /** Claimed ids of people who have another address than the call says, or are others than it names otherwise. */
  readonly wrong: readonly ExternalId[];
}

/** What a call names somebody by, but for the browser that they sat at. */
export function namesOf(externalIds: readonly ExternalId[]): readonly ExternalId[] {
  return externalIds.filter(({ source }) => source !== ANONYMOUS);
}

/** Rules 1, 5 and 7 of `IdentityStore`. */
export function namedBy<P extends Named>(identifiers: Identifiers, ways: Ways<P>): Naming<P> {
  const { profileId, email, externalIds } = identifiers;
  const names = namesOf(externalIds);
  const wrong = wrongClaims(identifiers, names, ways);
  const meant = [
    profileId === undefined ? undefined : ways.ofId(profileId),
    email === undefined ? undefined : ways.ofEmail(email),
    ...names.filter((id) => !wrong.includes(id)).map(ways.ofExternalId),
  ].filter((one) => one !== undefined);
  const isNamed = profileId !== undefined || email !== undefined || names.length > 0;
  const elsewhere: P[] = [];
  for (const id of externalIds) {
    const visitor = id.source === ANONYMOUS ? ways.ofExternalId(id) : undefined;
    if (visitor === undefined || meant.includes(visitor)) continue;
    if (isNamed && visitor.isSomebody) elsewhere.push(visitor);
    else meant.push(visitor);
  }
  return { meant: [...new Set(meant)], elsewhere, wrong };
}

/** Whom a call names by what counts without a claim. */
export function surelyNamed<P>({ profileId, email, externalIds }: Identifiers, ways: Ways<P>): P[] {
  const sure = namesOf(externalIds).filter((id) => !ways.isClaimed(id));
  return [
    profileId === undefined ? undefined : ways.ofId(profileId),
    email === undefined ? undefined : ways.ofEmail(email),
    ...sure.map(ways.ofExternalId),
  ].filter((one) => one !== undefined);
}

function wrongClaims<P extends Named>(
  identifiers: Identifiers,
  names: readonly ExternalId[],
  ways: Ways<P>,
): readonly ExternalId[] {
  const claimed = names.filter(ways.isClaimed);
  if (claimed.length === 0) return claimed;
  const sure = surelyNamed(identifiers, ways);
  return claimed.filter((id) => {
    const owner = ways.ofExternalId(id);
    if (owner?.email === undefined || sure.includes(owner)) return false;
    return identifiers.email !== undefined || sure.length > 0;
  });
}
