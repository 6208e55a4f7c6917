import type { Consent } from './consent.ts';
import type { ExternalId, IdentityStore } from './identity.ts';
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
  /** Under the source `email` the addresses that the profile had before. */
  readonly externalIds: readonly ExternalId[];
  readonly suppression: Suppression | undefined;
  readonly consents: readonly Consent[];
  /** Every statement about consent, oldest first. */
  readonly consentHistory: readonly Consent[];
  readonly summary: readonly EventSummary[];
  /** Newest first, as many as were asked for. */
  readonly timeline: readonly StoredEvent[];
}

export interface DossierPorts {
  readonly profiles: Pick<ProfileStore, 'byIds'>;
  readonly identities: Pick<IdentityStore, 'externalIdsOf'>;
  readonly consents: Pick<ConsentStore, 'of' | 'history'>;
  readonly suppressions: Pick<SuppressionStore, 'get'>;
  readonly events: Pick<EventStore, 'summary' | 'timeline'>;
}

/** Reads the dossier of a profile, with its `newest` events; undefined when there is no such profile. */
export async function readDossier(
  ports: DossierPorts,
  profileId: number,
  newest: number,
): Promise<Dossier | undefined> {
  const profile = (await ports.profiles.byIds([profileId])).get(profileId);
  if (profile === undefined) return undefined;
  const [externalIds, suppression, consents, consentHistory, summary, timeline] = await Promise.all([
    ports.identities.externalIdsOf(profile.id),
    profile.email === undefined ? undefined : ports.suppressions.get(profile.email),
    ports.consents.of(profile.id),
    ports.consents.history(profile.id),
    ports.events.summary(profile.id),
    ports.events.timeline(profile.id, newest),
  ]);
  return { profile, externalIds, suppression, consents, consentHistory, summary, timeline };
}
