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

/** All that is known about one customer. */
export interface Dossier {
  readonly profile: Profile;
  readonly suppression: Suppression | undefined;
  readonly consents: readonly Consent[];
  /** Every statement about consent, oldest first. */
  readonly consentHistory: readonly Consent[];
  readonly summary: readonly EventSummary[];
  /** Newest first, as many as were asked for. */
  readonly timeline: readonly StoredEvent[];
}

export interface DossierPorts {
  readonly profiles: Pick<ProfileStore, 'byEmail'>;
  readonly consents: Pick<ConsentStore, 'of' | 'history'>;
  readonly suppressions: Pick<SuppressionStore, 'get'>;
  readonly events: Pick<EventStore, 'summary' | 'timeline'>;
}

/** Reads the dossier of a normalised address, with its `newest` events; undefined when no profile has it. */
export async function readDossier(
  ports: DossierPorts,
  email: string,
  newest: number,
): Promise<Dossier | undefined> {
  const profile = await ports.profiles.byEmail(email);
  if (profile === undefined) return undefined;
  const [suppression, consents, consentHistory, summary, timeline] = await Promise.all([
    ports.suppressions.get(email),
    ports.consents.of(profile.id),
    ports.consents.history(profile.id),
    ports.events.summary(profile.id),
    ports.events.timeline(profile.id, newest),
  ]);
  return { profile, suppression, consents, consentHistory, summary, timeline };
}
