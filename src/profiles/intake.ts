import type { Identifiers, IdentityStore } from './identity.ts';
import type { NewEvent, ProfileContent } from './port.ts';
import type { Copy } from './stated-events.ts';

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
 * What became of an item. An event is `added`, a `duplicate`, or `restated`: a duplicate that says something else than
 * what is stored, which stays. A profile is `added`, `updated` or `unchanged`. Not stored: `unknown`, since it names a
 * profile id that nobody has, or somebody who was erased; `taken`, since another event has its key.
 */
export type Outcome =
  | {
      readonly state: 'added' | 'duplicate' | 'restated' | 'updated' | 'unchanged';
      readonly profileId: number;
    }
  | { readonly state: 'unknown' | 'taken' };

/** A profile was merged into another between looking it up and changing it. */
export class Vanished extends Error {}

export interface IntakeStore {
  /**
   * Adds those whose key is new; the others are told by what they are to the stored one. The profiles exist. When it
   * fails a part may be stored: adding all of them again is harmless.
   */
  addEvents(events: readonly (NewEvent & { readonly receivedAt: number })[]): Promise<('added' | Copy)[]>;
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
