import { ANONYMOUS, type ExternalId, type Identifiers, type ResolveOptions } from './identity.ts';
import { namedBy, namesOf, surelyNamed } from './named-by.ts';

/** What the store knows of the identifiers of a batch. */
export interface KnownIdentities {
  /** By id, the ids of merged profiles leading to those they were merged into. */
  readonly byId: ReadonlyMap<number, KnownProfile>;
  /** Ids by address, former addresses among them. */
  readonly byEmail: ReadonlyMap<string, number>;
  /** Ids by `keyOf`. */
  readonly byExternalId: ReadonlyMap<string, number>;
  /** Those of them, by `keyOf`, that only somebody who may be anybody gave. */
  readonly claimed: ReadonlySet<string>;
}

export interface KnownProfile {
  readonly id: number;
  readonly email: string | undefined;
  /** It has an address, or is known by more than an anonymous id. */
  readonly isSomebody: boolean;
  /** It has no address, something is kept of it, and it is known by more than an anonymous id. */
  readonly isGuarded: boolean;
}

/** A change of address, as the timeline tells it. */
export interface EmailChange {
  readonly from: string;
  readonly to: string;
}

/** Somebody of a batch, and what the batch adds to what is known of them. */
export interface Person {
  /** Undefined for somebody new. */
  readonly id: number | undefined;
  readonly email: string | undefined;
  /** The address that the store has for them. */
  readonly storedEmail: string | undefined;
  readonly emailChanges: readonly EmailChange[];
  readonly externalIds: readonly ExternalId[];
  /** Claimed ids, theirs or another's, that are surely theirs from now on. */
  readonly sureIds: readonly ExternalId[];
  /** Ids of the stored profiles that turned out to be this person. */
  readonly absorbed: readonly number[];
}

/** Two that one call named, and who stay two. */
export interface Conflict<P = Person> {
  readonly person: P;
  readonly other: P;
  /** Words for the timeline. */
  readonly named: string;
}

/** Who everybody of a batch is, and what is to be written. */
export interface IdentityPlan {
  /** One for each of the batch. */
  readonly persons: readonly (Person | undefined)[];
  /** All persons of whom something is to be written. */
  readonly changed: readonly Person[];
  readonly conflicts: readonly Conflict[];
  /** What it attaches is claimed only. */
  readonly isPublic: boolean;
}

/** One text for an external id. */
export function keyOf({ source, value }: ExternalId): string {
  return `${source} ${value}`;
}

/** One text for all that somebody is named by; no part of it holds a line end. */
export function keyOfAll({ profileId, email, externalIds }: Identifiers): string {
  let key = `${profileId ?? ''}\n${email ?? ''}`;
  for (const id of externalIds) key += `\n${keyOf(id)}`;
  return key;
}

/** Applies the rules of `IdentityStore` to a batch, in its order, without writing anything. */
export function identify(
  batch: readonly Identifiers[],
  known: KnownIdentities,
  options: ResolveOptions,
): IdentityPlan {
  const register = new Register(known, options);
  const found = batch.map((identifiers) => register.take(identifiers));
  const persons = found.map((person) => person && rootOf(person));
  const conflicts = register.conflicts.map(({ person, other, named }) => ({
    person: rootOf(person),
    other: rootOf(other),
    named,
  }));
  return { persons, changed: register.changed(), conflicts, isPublic: options.isPublic === true };
}

/** A person while the batch is being read. */
interface Draft extends Person {
  email: string | undefined;
  readonly emailChanges: EmailChange[];
  readonly externalIds: ExternalId[];
  readonly sureIds: ExternalId[];
  readonly absorbed: number[];
  isSomebody: boolean;
  isGuarded: boolean;
  /** The person that this one turned out to be. */
  into: Draft | undefined;
}

function draft(profile: Partial<KnownProfile>): Draft {
  const { id, email, isSomebody = false, isGuarded = false } = profile;
  const lists = { emailChanges: [], externalIds: [], sureIds: [], absorbed: [] };
  return { id, email, storedEmail: email, isSomebody, isGuarded, ...lists, into: undefined };
}

function rootOf(person: Draft): Draft {
  let root = person;
  while (root.into !== undefined) root = root.into;
  return root;
}

class Register {
  readonly #known: KnownIdentities;
  readonly #options: ResolveOptions;
  readonly #isPublic: boolean;
  readonly #claimed: Set<string>;
  readonly #stored = new Map<number, Draft>();
  readonly #byEmail = new Map<string, Draft>();
  readonly #byExternalId = new Map<string, Draft>();
  readonly #fresh: Draft[] = [];
  readonly #ways = {
    ofId: (id: number) => this.#byId(id),
    ofEmail: (email: string) => this.#ofEmail(email),
    ofExternalId: (id: ExternalId) => this.#ofExternalId(id),
    isClaimed: (id: ExternalId) => !this.#isPublic && this.#claimed.has(keyOf(id)),
  };
  readonly conflicts: Conflict<Draft>[] = [];

  constructor(known: KnownIdentities, options: ResolveOptions) {
    this.#known = known;
    this.#options = options;
    this.#isPublic = options.isPublic === true;
    this.#claimed = new Set(known.claimed);
  }

  take(identifiers: Identifiers): Draft | undefined {
    const { meant, elsewhere, wrong } = namedBy(identifiers, this.#ways);
    const [first, ...others] = meant;
    const empty = identifiers.email === undefined && identifiers.externalIds.length === 0;
    if (first === undefined && (!this.#options.create || empty || identifiers.profileId !== undefined)) {
      return undefined;
    }
    let person = first ?? this.#add();
    for (const other of others) person = this.#unite(person, rootOf(other), identifiers);
    for (const other of elsewhere) this.#doubt(person, other, identifiers);
    const ids = this.#attachable(person, identifiers);
    this.#attachEmail(person, identifiers);
    for (const id of ids) this.#attach(person, id);
    for (const id of wrong) this.#takeOver(person, id, identifiers);
    this.#confirm(person, identifiers);
    return person;
  }

  changed(): Person[] {
    const roots = [...this.#stored.values(), ...this.#fresh].filter((person) => person.into === undefined);
    return roots.filter(
      (one) =>
        one.id === undefined ||
        one.email !== one.storedEmail ||
        one.emailChanges.length + one.externalIds.length + one.sureIds.length + one.absorbed.length > 0,
    );
  }

  #byId(id: number | undefined): Draft | undefined {
    const profile = id === undefined ? undefined : this.#known.byId.get(id);
    if (profile === undefined) return undefined;
    const person = this.#stored.get(profile.id) ?? draft(profile);
    this.#stored.set(profile.id, person);
    return rootOf(person);
  }

  #ofEmail(email: string): Draft | undefined {
    const person = this.#byEmail.get(email);
    return person === undefined ? this.#byId(this.#known.byEmail.get(email)) : rootOf(person);
  }

  #ofExternalId(id: ExternalId): Draft | undefined {
    const key = keyOf(id);
    const person = this.#byExternalId.get(key);
    return person === undefined ? this.#byId(this.#known.byExternalId.get(key)) : rootOf(person);
  }

  #add(): Draft {
    const person = draft({});
    this.#fresh.push(person);
    return person;
  }

  /** One person out of two, or the first when they are to stay two. */
  #unite(person: Draft, other: Draft, identifiers: Identifiers): Draft {
    const areBothKnown = person.isSomebody && other.isSomebody;
    if ((this.#isPublic && areBothKnown) || (person.email !== undefined && other.email !== undefined)) {
      this.#doubt(person, other, identifiers);
      return person;
    }
    if (this.#isPublic && person.isSomebody && !this.#isKnownTwice(person, identifiers)) return person;
    const [stays, goes] = survives(person, other) ? [person, other] : [other, person];
    goes.into = stays;
    stays.email ??= goes.email;
    stays.isSomebody ||= goes.isSomebody;
    stays.isGuarded ||= goes.isGuarded;
    stays.emailChanges.push(...goes.emailChanges);
    stays.externalIds.push(...goes.externalIds);
    stays.sureIds.push(...goes.sureIds);
    stays.absorbed.push(...goes.absorbed, ...(goes.id === undefined ? [] : [goes.id]));
    return stays;
  }

  /** The ids of a call that may be attached to the person; of whoever calls, see `ResolveOptions.isPublic`. */
  #attachable(person: Draft, identifiers: Identifiers): readonly ExternalId[] {
    const { externalIds } = identifiers;
    if (!this.#isPublic) return externalIds;
    const [name] = namesOf(externalIds);
    const browsers = externalIds.filter(({ source }) => source === ANONYMOUS);
    if (!person.isSomebody) return name === undefined ? browsers : [name, ...browsers];
    return this.#isKnownTwice(person, identifiers) ? browsers : [];
  }

  /** Whether a call names both the address and an id of a person, of whom nobody can guess the one from the other. */
  #isKnownTwice(person: Draft, { email, externalIds }: Identifiers): boolean {
    if (email === undefined || person.email !== email) return false;
    const others = namesOf(externalIds).filter(({ value }) => value.toLowerCase() !== email);
    return others.some((id) => this.#ofExternalId(id) === person);
  }

  #attachEmail(person: Draft, { email, profileId, externalIds }: Identifiers): void {
    if (email === undefined || person.email === email) return;
    if (this.#isPublic && person.isGuarded) return;
    const holder = this.#ofEmail(email);
    if (holder !== undefined && holder !== person) return;
    if (person.email !== undefined) {
      const isNamedOtherwise =
        profileId !== undefined || externalIds.some((id) => this.#ofExternalId(id) === person);
      if (this.#options.changeEmail !== true || !isNamedOtherwise) return;
      person.emailChanges.push({ from: person.email, to: email });
      this.#byEmail.set(person.email, person);
    }
    person.email = email;
    person.isSomebody = true;
    this.#byEmail.set(email, person);
  }

  #attach(person: Draft, id: ExternalId): void {
    if (this.#ofExternalId(id) !== undefined) return;
    person.externalIds.push(id);
    person.isSomebody ||= id.source !== ANONYMOUS;
    this.#byExternalId.set(keyOf(id), person);
  }

  /** A claimed id goes to whom somebody trusted gives it; what was done under it stays. */
  #takeOver(person: Draft, id: ExternalId, identifiers: Identifiers): void {
    const owner = this.#ofExternalId(id);
    if (owner !== undefined) this.#doubt(person, owner, identifiers);
    this.#byExternalId.set(keyOf(id), person);
    this.#makeSure(person, id);
  }

  /** A claimed id that is named with what is surely the person's is so too. */
  #confirm(person: Draft, identifiers: Identifiers): void {
    const claimed = namesOf(identifiers.externalIds).filter(
      (id) => this.#ways.isClaimed(id) && this.#ofExternalId(id) === person,
    );
    if (claimed.length === 0 || !surelyNamed(identifiers, this.#ways).includes(person)) return;
    for (const id of claimed) this.#makeSure(person, id);
  }

  #makeSure(person: Draft, id: ExternalId): void {
    person.sureIds.push(id);
    person.isSomebody = true;
    this.#claimed.delete(keyOf(id));
  }

  #doubt(person: Draft, other: Draft, identifiers: Identifiers): void {
    if (person !== other) this.conflicts.push({ person, other, named: wordsOf(identifiers) });
  }
}

/** Whether of two, of whom at most one has an address, the first stays: who is stored, who has one, the older. */
function survives(one: Draft, other: Draft): boolean {
  if ((one.id === undefined) !== (other.id === undefined)) return one.id !== undefined;
  if ((one.email === undefined) !== (other.email === undefined)) return one.email !== undefined;
  return (one.id ?? Number.POSITIVE_INFINITY) <= (other.id ?? Number.POSITIVE_INFINITY);
}

/** What a call named, without its values: they stand on the profiles. */
function wordsOf({ profileId, email, externalIds }: Identifiers): string {
  const words = [
    ...(profileId === undefined ? [] : ['profile id']),
    ...(email === undefined ? [] : ['e-mail']),
    ...externalIds.map(({ source }) => source),
  ];
  return words.join(', ');
}
