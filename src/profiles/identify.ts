import type { ExternalId, Identifiers, ResolveOptions } from './identity.ts';

/** What the store knows of the identifiers of a batch. */
export interface KnownIdentities {
  /** By id, the ids of merged profiles leading to those they were merged into. */
  readonly byId: ReadonlyMap<number, KnownProfile>;
  /** Ids by address, former addresses among them. */
  readonly byEmail: ReadonlyMap<string, number>;
  /** Ids by `keyOf`. */
  readonly byExternalId: ReadonlyMap<string, number>;
}

export interface KnownProfile {
  readonly id: number;
  readonly email: string | undefined;
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
  /** Ids of the stored profiles that turned out to be this person. */
  readonly absorbed: readonly number[];
}

/** Two that one call named, who have an address each and so stay two. */
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
}

/** One text for an external id. */
export function keyOf({ source, value }: ExternalId): string {
  return `${source} ${value}`;
}

/** Applies the rules of `IdentityStore` to a batch, in its order, without writing anything. */
export function identify(
  batch: readonly Identifiers[],
  known: KnownIdentities,
  options: ResolveOptions,
): IdentityPlan {
  const register = new Register(known);
  const found = batch.map((identifiers) => register.take(identifiers, options));
  const persons = found.map((person) => person && rootOf(person));
  const conflicts = register.conflicts.map(({ person, other, named }) => ({
    person: rootOf(person),
    other: rootOf(other),
    named,
  }));
  return { persons, changed: register.changed(), conflicts };
}

/** A person while the batch is being read. */
interface Draft extends Person {
  email: string | undefined;
  readonly emailChanges: EmailChange[];
  readonly externalIds: ExternalId[];
  readonly absorbed: number[];
  isGuarded: boolean;
  /** The person that this one turned out to be. */
  into: Draft | undefined;
}

function draft(profile: Partial<KnownProfile>): Draft {
  const { id, email, isGuarded = false } = profile;
  const lists = { emailChanges: [], externalIds: [], absorbed: [] };
  return { id, email, storedEmail: email, isGuarded, ...lists, into: undefined };
}

function rootOf(person: Draft): Draft {
  let root = person;
  while (root.into !== undefined) root = root.into;
  return root;
}

class Register {
  readonly #known: KnownIdentities;
  readonly #stored = new Map<number, Draft>();
  readonly #byEmail = new Map<string, Draft>();
  readonly #byExternalId = new Map<string, Draft>();
  readonly #fresh: Draft[] = [];
  readonly conflicts: Conflict<Draft>[] = [];

  constructor(known: KnownIdentities) {
    this.#known = known;
  }

  take(identifiers: Identifiers, options: ResolveOptions): Draft | undefined {
    const named = this.#named(identifiers);
    const [first, ...others] = named;
    const empty = identifiers.email === undefined && identifiers.externalIds.length === 0;
    if (first === undefined && (!options.create || empty || identifiers.profileId !== undefined)) {
      return undefined;
    }
    let person = first ?? this.#add();
    for (const other of others) person = this.#unite(person, other, identifiers, options);
    this.#attachEmail(person, identifiers, options);
    for (const id of identifiers.externalIds) this.#attach(person, id);
    return person;
  }

  changed(): Person[] {
    const roots = [...this.#stored.values(), ...this.#fresh].filter((person) => person.into === undefined);
    return roots.filter(
      (one) =>
        one.id === undefined ||
        one.email !== one.storedEmail ||
        one.emailChanges.length + one.externalIds.length + one.absorbed.length > 0,
    );
  }

  /** Those whom the identifiers name, each once, by rank. */
  #named({ profileId, email, externalIds }: Identifiers): Draft[] {
    const found = [
      profileId === undefined ? undefined : this.#byId(profileId),
      email === undefined ? undefined : this.#ofEmail(email),
      ...externalIds.map((id) => this.#ofExternalId(id)),
    ];
    return [...new Set(found.flatMap((one) => (one === undefined ? [] : [rootOf(one)])))];
  }

  #byId(id: number | undefined): Draft | undefined {
    const profile = id === undefined ? undefined : this.#known.byId.get(id);
    if (profile === undefined) return undefined;
    const person = this.#stored.get(profile.id) ?? draft(profile);
    this.#stored.set(profile.id, person);
    return person;
  }

  #ofEmail(email: string): Draft | undefined {
    return this.#byEmail.get(email) ?? this.#byId(this.#known.byEmail.get(email));
  }

  #ofExternalId(id: ExternalId): Draft | undefined {
    const key = keyOf(id);
    return this.#byExternalId.get(key) ?? this.#byId(this.#known.byExternalId.get(key));
  }

  #add(): Draft {
    const person = draft({});
    this.#fresh.push(person);
    return person;
  }

  /** One person out of two, or the first when they have an address each or one is kept from the other's. */
  #unite(person: Draft, other: Draft, identifiers: Identifiers, options: ResolveOptions): Draft {
    const isAddressed = person.email !== undefined || other.email !== undefined;
    const isKept = options.isPublic === true && isAddressed && (person.isGuarded || other.isGuarded);
    if (isKept || (person.email !== undefined && other.email !== undefined)) {
      this.conflicts.push({ person, other, named: wordsOf(identifiers) });
      return person;
    }
    const [stays, goes] = survives(person, other) ? [person, other] : [other, person];
    goes.into = stays;
    stays.email ??= goes.email;
    stays.isGuarded ||= goes.isGuarded;
    stays.emailChanges.push(...goes.emailChanges);
    stays.externalIds.push(...goes.externalIds);
    stays.absorbed.push(...goes.absorbed, ...(goes.id === undefined ? [] : [goes.id]));
    return stays;
  }

  #attachEmail(person: Draft, { email, profileId, externalIds }: Identifiers, options: ResolveOptions): void {
    if (email === undefined || person.email === email) return;
    if (options.isPublic === true && person.isGuarded) return;
    const holder = this.#ofEmail(email);
    if (holder !== undefined && rootOf(holder) !== person) return;
    if (person.email !== undefined) {
      const isNamedOtherwise = profileId !== undefined || externalIds.some((id) => this.#isOf(id, person));
      if (options.changeEmail !== true || !isNamedOtherwise) return;
      person.emailChanges.push({ from: person.email, to: email });
      this.#byEmail.set(person.email, person);
    }
    person.email = email;
    this.#byEmail.set(email, person);
  }

  #isOf(id: ExternalId, person: Draft): boolean {
    const owner = this.#ofExternalId(id);
    return owner !== undefined && rootOf(owner) === person;
  }

  #attach(person: Draft, id: ExternalId): void {
    if (this.#ofExternalId(id) !== undefined) return;
    person.externalIds.push(id);
    this.#byExternalId.set(keyOf(id), person);
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
