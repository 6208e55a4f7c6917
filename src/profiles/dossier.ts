import type { Consent } from './consent.ts';
import type {
  ConsentStore,
  EventStore,
  EventSummary,
  Profile,
  ProfileStore,
  StoredEvent,
  Suppression,
  SuppressionStore,
} from './port.ts';
import type { TraitStore, Traits } from './traits.ts';

/** All that is known about one customer. */
export interface Dossier {
  readonly profile: Profile;
  readonly suppression: Suppression | undefined;
  readonly consents: readonly Consent[];
  /** Every statement about consent, oldest first. */
  readonly consentHistory: readonly Consent[];
  readonly summary: readonly EventSummary[];
  readonly traits: Traits;
  /** Newest first, as many as were asked for. */
  readonly timeline: readonly StoredEvent[];
}

export interface DossierPorts {
  readonly profiles: Pick<ProfileStore, 'byEmail'>;
  readonly consents: Pick<ConsentStore, 'of' | 'history'>;
  readonly suppressions: Pick<SuppressionStore, 'get'>;
  readonly events: Pick<EventStore, 'summary' | 'timeline'>;
  readonly traits: Pick<TraitStore, 'of'>;
}

/** Reads the dossier of a normalised address as of `now`, with its `newest` events; undefined when no profile has it. */
export async function readDossier(
  ports: DossierPorts,
  email: string,
  newest: number,
  now = Date.now(),
): Promise<Dossier | undefined> {
  const profile = await ports.profiles.byEmail(email);
  if (profile === undefined) return undefined;
  const [suppression, consents, consentHistory, summary, timeline, traits] = await Promise.all([
    ports.suppressions.get(email),
    ports.consents.of(profile.id),
    ports.consents.history(profile.id),
    ports.events.summary(profile.id),
    ports.events.timeline(profile.id, newest),
    ports.traits.of(profile.id, now),
  ]);
  return { profile, suppression, consents, consentHistory, summary, timeline, traits };
}
