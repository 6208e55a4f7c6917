import type { Consent, ConsentChange, ConsentState } from './consent.ts';
import type { ExternalId } from './identity.ts';
import type { JsonObject } from './json.ts';
import type { Preferences, PreferencesChange } from './preferences.ts';
import type { StatedCounts, StatedEvents } from './stated-events.ts';

/** One customer, as read from the store. */
export interface Profile extends Preferences {
  readonly id: number;
  /** As `normaliseEmail` gives it; undefined for a profile that is known by external ids alone. */
  readonly email: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What one source says about one customer. */
export interface ProfileChange extends PreferencesChange {
  /** As `normaliseEmail` gives it. */
  readonly email: string;
  /** Merged key by key; null removes a key. Checked with `wrongJson`. */
  readonly attributes: JsonObject;
  readonly consents: readonly ConsentChange[];
  /** What other systems call the profile; the importer attaches them. */
  readonly externalIds?: readonly ExternalId[] | undefined;
}

/** What is said about somebody who was found already. */
export type ProfileContent = Omit<ProfileChange, 'email'>;

/** How many of the given changes made a profile, changed one, and changed nothing. */
export interface ChangeCounts {
  readonly added: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Addresses of people who were erased, if any: what was said about them was left out. */
  readonly erased?: ReadonlySet<string>;
}

export interface ProfileStore {
  /**
   * Applies the changes in their order, all or none, in one transaction. Several for one address are merged:
   * the first may count as added, later ones as updated or unchanged.
   */
  upsertMany(changes: readonly ProfileChange[], now: number): Promise<ChangeCounts>;
  /**
   * The same with external ids, as long as they say nothing new about who is who: each change has an address of its own,
   * and ids that nobody has yet, or its own profile. undefined: nothing was done, as they do, or because it is not
   * worth the while; then they are to be resolved first.
   */
  upsertNamed(changes: readonly ProfileChange[], now: number): Promise<ChangeCounts | undefined>;
  /** Resolves when all changes of many profiles at once are on the disk: see `EventStore.kept`. */
  kept(): Promise<void>;
  byEmail(email: string): Promise<Profile | undefined>;
  /** Profiles by id; unknown ids are absent. For some hundreds at a time. */
  byIds(ids: readonly number[]): Promise<Map<number, Profile>>;
  /** Ids by address; unknown addresses are absent. */
  idsOf(emails: readonly string[]): Promise<Map<string, number>>;
  /** Makes bare profiles (no attributes, no consent) for addresses that are unknown and not erased; returns how many. */
  ensure(emails: readonly string[], now: number): Promise<number>;
  /** Changes the preferences of a profile; false when nothing changed. */
  setPreferences(id: number, change: PreferencesChange, now: number): Promise<boolean>;
  count(): Promise<number>;
}

/** One thing that happened. */
export interface NewEvent {
  /** Unique among all events, so that the same thing counts once: see `event-key.ts`. */
  readonly key: string;
  readonly profileId: number;
  readonly type: string;
  /** ms since 1970. */
  readonly at: number;
  readonly properties: JsonObject;
}

export interface StoredEvent {
  readonly id: number;
  readonly type: string;
  readonly at: number;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly receivedAt: number;
}

/** How often a type of event happened to a profile, first and last at which moment (ms). */
export interface EventSummary {
  readonly type: string;
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** The newest events of one type that a letter wants of each profile. */
export interface NewestNeed {
  readonly type: string;
  readonly limit: number;
  /** Of the events that agree in this property only the newest counts; events without it do not. */
  readonly distinctBy?: string | undefined;
  /** Only events whose properties equal these, type and all. */
  readonly where?: Readonly<Record<string, string | number | boolean>> | undefined;
}

/** The properties of an event, and when it happened (ms). */
export type EventFacts = Readonly<Record<string, unknown>> & { readonly at: number };

export interface EventStore {
  /**
   * Adds those of a file's events that are new, in one transaction. An address that no profile has gets a bare
   * profile (no attributes, no consent) when `create`, but nobody who was erased.
   */
  addStated(events: StatedEvents, create: boolean, receivedAt: number): Promise<StatedCounts>;
  /** Resolves when all that was added by `addStated` is on the disk: a machine that loses its power may lose it before. */
  kept(): Promise<void>;
  /** Adds those whose key is new, in one transaction. The profiles exist. */
  addMany(events: readonly NewEvent[], receivedAt: number): Promise<{ added: number; duplicates: number }>;
  /** Newest first; of the same moment the one stored last comes first. */
  timeline(profileId: number, limit: number): Promise<StoredEvent[]>;
  summary(profileId: number): Promise<EventSummary[]>;
  /** Each profile's newest events, newest first, in one query; profiles without any are absent. */
  newest(profileIds: readonly number[], need: NewestNeed): Promise<Map<number, EventFacts[]>>;
}

export interface ConsentStore {
  /** Records a statement and, when it counts (see `effectOf`), the new state. False when it was known already. */
  change(
    profileId: number,
    topic: string,
    state: ConsentState,
    at: number | undefined,
    source: string,
    now?: number,
  ): Promise<boolean>;
  /** The same for many, in order, in one transaction; returns for how many something was recorded. */
  changeMany(
    changes: readonly (ConsentChange & { readonly profileId: number })[],
    now: number,
  ): Promise<number>;
  of(profileId: number): Promise<Consent[]>;
  /** Every statement that was recorded, oldest first. */
  history(profileId: number): Promise<Consent[]>;
  /** Every topic that a profile stands to in some way, or that a run was about. Reads off the event loop. */
  topics(): Promise<string[]>;
}

export interface Suppression {
  readonly address: string;
  readonly reason: string;
  readonly source: string;
  readonly at: number;
}

/** Addresses as `normaliseEmail` gives them. */
export interface SuppressionStore {
  /** Adds those that are not there yet (the first reason stands); returns how many were new. */
  add(suppressions: readonly Suppression[]): Promise<number>;
  /** Returns whether it was there. */
  remove(address: string): Promise<boolean>;
  get(address: string): Promise<Suppression | undefined>;
  /** Reasons by address; addresses that are not suppressed are absent. */
  hasMany(addresses: readonly string[]): Promise<Map<string, string>>;
  /** All addresses (marks of erased people are none), sorted, in chunks of one snapshot that keeps no writer waiting. */
  all(): AsyncIterable<Suppression[]>;
  /** The newest first. */
  list(limit: number): Promise<Suppression[]>;
  count(): Promise<number>;
}
