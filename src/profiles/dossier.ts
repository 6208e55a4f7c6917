import type { Consent } from './consent.ts';
import type { ExternalId, Identifiers } from './identity.ts';
import type { EventSummary, Profile, StoredEvent, Suppression } from './port.ts';
import type { Traits } from './traits.ts';

/** All that is known about one customer. */
export interface Dossier {
  readonly profile: Profile;
  /** Under the source `email` the addresses that the profile had before. */
  readonly externalIds: readonly ExternalId[];
  readonly suppression: Suppression | undefined;
  readonly consents: readonly Consent[];
  /** Every statement about consent, oldest first. */
  readonly consentHistory: readonly Consent[];
  readonly summary: readonly EventSummary[];
  readonly traits: Traits;
  /** Newest first, as many as were asked for. */
  readonly timeline: readonly StoredEvent[];
}

export interface DossierStore {
  /**
   * The dossier as of `now` (ms), with the `newest` events, of whom the identifiers name by rule 1 of `IdentityStore`;
   * undefined when they name nobody. All of one moment, in one trip to the database, which waits for no writer.
   */
  read(who: Identifiers, newest: number, now?: number): Promise<Dossier | undefined>;
}
