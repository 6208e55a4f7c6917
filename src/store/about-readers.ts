import { and, desc, eq, ne, sql } from 'drizzle-orm';
import { FORMER_EMAIL } from '../profiles/identity.ts';
import type { AboutReader, ReaderLetter } from '../tracking/readers.ts';
import { consentStore } from './consents.ts';
import type { Store } from './database.ts';
import { eventStore } from './events.ts';
import { profileStore } from './profiles.ts';
import { suppressionStore } from './suppressions.ts';

/** See `ReaderStore.about`. */
export async function aboutReader(
  store: Store,
  profileId: number,
  newest: number,
): Promise<AboutReader | undefined> {
  const profile = (await profileStore(store).byIds([profileId])).get(profileId);
  if (profile === undefined) return undefined;
  const consents = consentStore(store);
  const events = eventStore(store);
  const { externalIds } = store.tables;
  const [held, history, suppression, summary, timeline, names, letters, count] = await Promise.all([
    consents.of(profileId),
    consents.history(profileId),
    profile.email === undefined ? undefined : suppressionStore(store).get(profile.email),
    events.summary(profileId),
    events.timeline(profileId, newest),
    store.orm
      .select({ source: externalIds.source, value: externalIds.value })
      .from(externalIds)
      .where(and(eq(externalIds.profileId, profileId), ne(externalIds.source, FORMER_EMAIL))),
    lettersOf(store, profileId, newest),
    store.rows<{ count: number }>(sql`SELECT count(*) AS count FROM sends WHERE profile_id = ${profileId}`),
  ]);
  return {
    profile,
    externalIds: names,
    consents: held,
    history,
    suppression,
    summary,
    timeline,
    letters,
    letterCount: count[0]?.count ?? 0,
  };
}

async function lettersOf(store: Store, profileId: number, newest: number): Promise<ReaderLetter[]> {
  const { sends, runs } = store.tables;
  const rows = await store.orm
    .select({ send: sends, campaign: runs.campaign, topic: runs.topic })
    .from(sends)
    .innerJoin(runs, eq(runs.id, sends.runId))
    .where(eq(sends.profileId, profileId))
    .orderBy(desc(sends.id))
    .limit(newest);
  return rows.map(({ send, campaign, topic }) => ({
    campaign,
    topic,
    state: send.state,
    reason: send.reason ?? undefined,
    at: send.claimedAt ?? send.finishedAt ?? send.plannedAt,
    opened: send.openedAt !== null,
    clicked: send.clickedAt !== null,
    replied: send.repliedAt !== null,
    unsubscribed: send.unsubscribedAt !== null,
  }));
}
