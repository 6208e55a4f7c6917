import type { Identifiers, IdentityStore } from './identity.ts';
import type { NewEvent, ProfileContent } from './port.ts';

interface OfSomebody {
  readonly who: Identifiers;
  /** A new address replaces the one that is known: see `ResolveOptions`. */
  readonly changeEmail: boolean;
  /** Anybody may have sent it, as with a key that stands in a web page: see `ResolveOptions`. */
  readonly isPublic: boolean;
}

/** An event of somebody who is not looked up yet. */
export interface IncomingEvent extends Omit<NewEvent, 'profileId'>, OfSomebody {
  readonly kind: 'event';
}

/** What is said about somebody who is not looked up yet. */
export interface IncomingProfile extends OfSomebody {
  readonly kind: 'profile';
  readonly change: ProfileContent;
}

export type Incoming = IncomingEvent | IncomingProfile;

/** Items that are stored together, and who brought them. */
export interface Delivery {
  readonly items: readonly Incoming[];
  /** For the timeline, such as `api key shop`. */
  readonly by: string;
  /** When it came, ms. */
  readonly receivedAt: number;
}

/**
 * What became of an item. An event is `added` or a `duplicate`, a profile `added`, `updated` or `unchanged`;
 * `unknown`: it names a profile id that nobody has, or somebody who was erased, and was not stored.
 */
export type Outcome =
  | { readonly state: 'added' | 'duplicate' | 'updated' | 'unchanged'; readonly profileId: number }
  | { readonly state: 'unknown' };

/** A profile was merged into another between looking it up and changing it. */
export class Vanished extends Error {}

export interface IntakeStore {
  /**
   * Adds those whose key is new; for each whether it was. The profiles exist. When it fails a part may be stored:
   * adding all of them again is harmless.
   */
  addEvents(events: readonly (NewEvent & { readonly receivedAt: number })[]): Promise<boolean[]>;
  /**
   * Applies the changes in their order, in one transaction; for each whether it changed anything.
   * @throws Vanished
   */
  changeProfiles(
    changes: readonly { readonly profileId: number; readonly change: ProfileContent }[],
    now: number,
  ): Promise<boolean[]>;
  /** Resolves when all that was added or changed before is on the disk. */
  kept(): Promise<void>;
}

export interface Intake {
  /**
   * Resolves once everything is committed and on the disk, with an outcome an item. A failure may leave a part
   * stored: repeating the delivery stores the rest, and counts nothing twice.
   * @throws DearError `intake.busy` at once when more waits than can be stored soon
   */
  take(delivery: Delivery): Promise<Outcome[]>;
  /** Stores what waits. */
  close(): Promise<void>;
}

export interface IntakeDeps {
  readonly identities: Pick<IdentityStore, 'resolve' | 'find'>;
  readonly store: IntakeStore;
}
