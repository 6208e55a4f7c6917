import type { Subject } from '../../src/segments/evaluate.ts';
import type { Store } from '../../src/store/database.ts';
import { NOW } from '../segments/arbitrary-subjects.ts';

/** Stores subjects; their ids become those that the database gives. */
export async function insert(store: Store, subjects: readonly Subject[]): Promise<Subject[]> {
  const { profiles, events } = store.tables;
  const stored: Subject[] = [];
  for (const { profile, events: happened, letters = [] } of subjects) {
    const { email, attributes } = profile;
    const [row] = await store.orm
      .insert(profiles)
      .values({ email: email ?? null, attributes, createdAt: NOW, updatedAt: NOW })
      .returning({ id: profiles.id });
    if (row === undefined) throw new Error('nothing was inserted');
    if (happened.length > 0) {
      await store.orm.insert(events).values(
        happened.map(({ type, at, properties }, index) => ({
          key: `${row.id}-${index}`,
          profileId: row.id,
          type,
          at,
          properties: { ...properties },
          receivedAt: NOW,
        })),
      );
    }
    stored.push({ profile: { id: row.id, email, attributes }, events: happened, letters });
  }
  await insertLetters(store, stored);
  return stored;
}

/** One run a campaign; a subject has one letter of each at most. */
async function insertLetters(store: Store, subjects: readonly Subject[]): Promise<void> {
  const { runs, sends } = store.tables;
  const all = subjects.flatMap(({ profile, letters = [] }) =>
    letters.map((letter) => ({ profileId: profile.id, ...letter })),
  );
  const known = new Map<string, number>();
  for (const { campaign, profileId, variant, state, at } of all) {
    let runId = known.get(campaign);
    if (runId === undefined) {
      const run = { campaign, topic: 'offers', state: 'finished', plan: {}, createdAt: NOW, validUntil: NOW };
      const [row] = await store.orm
        .insert(runs)
        .values({ ...run, plannedTo: 0 })
        .returning({ id: runs.id });
      if (row === undefined) throw new Error('nothing was inserted');
      runId = row.id;
      known.set(campaign, runId);
    }
    const moments = { dueAt: at, plannedAt: at, claimedAt: at };
    await store.orm
      .insert(sends)
      .values({ runId, profileId, state, variant, value: 0, attempts: 1, ...moments });
  }
}
