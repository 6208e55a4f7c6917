import { eq, ne, sql } from 'drizzle-orm';
import type { HitFacts, NewArrival } from '../tracking/arrivals.ts';
import {
  type LetterReader,
  linksOfDecision,
  type PreferenceChoices,
  type ReaderStore,
  type TopicChoice,
} from '../tracking/readers.ts';
import { arrivalStore } from './arrivals.ts';
import type { Database } from './database.ts';
import { currentProfile, lock } from './profile-rows.ts';

/** The readers of letters and their own acts, on either database. */
export function readerStore(db: Database): ReaderStore {
  return {
    link: async (sendId, index) => {
      const { sends } = db.tables;
      const [row] = await db.orm.select({ decision: sends.decision }).from(sends).where(eq(sends.id, sendId));
      return row === undefined ? undefined : linksOfDecision(row.decision)[index];
    },
    reader: (sendId) => readerOf(db, sendId),
    optOut: (sendId, how, at, agent) =>
      act(db, sendId, async (tx, reader) => {
        await store(tx, 'unsubscribe', at, { send: sendId, how, ...agentOf(agent) });
        await setConsent(tx, reader.profileId, { topic: reader.topic, state: 'out' }, how, at);
      }),
    optIn: (sendId, at, agent) =>
      act(db, sendId, async (tx, reader) => {
        const isOut = reader.topics.some(({ topic, state }) => topic === reader.topic && state === 'out');
        if (!reader.known || !isOut) return;
        await store(tx, 'resubscribe', at, { send: sendId, ...agentOf(agent) });
        await setConsent(
          tx,
          reader.profileId,
          { topic: reader.topic, state: 'in' },
          'unsubscribe taken back',
          at,
        );
      }),
    choose: (sendId, choices, at) => act(db, sendId, (tx, reader) => choose(tx, sendId, reader, choices, at)),
    ping: async () => {
      await db.rows(sql`SELECT 1 AS one`);
    },
  };
}

/** A reader, and whether they ever said yes or no to the letter's topic. */
type KnownReader = LetterReader & { readonly known: boolean };

/** Acts on a reader with their profile locked, so that no claim decides on what is about to change. */
function act(
  db: Database,
  sendId: number,
  work: (tx: Database, reader: KnownReader) => Promise<void>,
): Promise<LetterReader | undefined> {
  return db.transaction(async (tx) => {
    const { sends, mergedProfiles } = tx.tables;
    const [send] = await tx.orm
      .select({ profileId: currentProfile(tx) })
      .from(sends)
      .leftJoin(mergedProfiles, eq(mergedProfiles.id, sends.profileId))
      .where(eq(sends.id, sendId));
    if (send === undefined) return undefined;
    await lock(tx, [send.profileId]);
    const reader = await readerOf(tx, sendId);
    if (reader === undefined) return undefined;
    await work(tx, reader);
    return readerOf(tx, sendId);
  });
}

async function readerOf(db: Database, sendId: number): Promise<KnownReader | undefined> {
  const { sends, runs, profiles, consents, mergedProfiles } = db.tables;
  const [row] = await db.orm
    .select({ profile: profiles, topic: runs.topic })
    .from(sends)
    .innerJoin(runs, eq(runs.id, sends.runId))
    .leftJoin(mergedProfiles, eq(mergedProfiles.id, sends.profileId))
    .innerJoin(profiles, eq(profiles.id, currentProfile(db)))
    .where(eq(sends.id, sendId));
  if (row === undefined) return undefined;
  const { profile, topic } = row;
  const choices = await db.orm
    .select({ topic: consents.topic, state: consents.state })
    .from(consents)
    .where(eq(consents.profileId, profile.id))
    .orderBy(consents.topic);
  const known = choices.some((choice) => choice.topic === topic);
  return {
    profileId: profile.id,
    address: profile.email ?? '',
    topic,
    topics: [...choices.map(toChoice), ...(known ? [] : [{ topic, state: 'out' as const }])],
    frequency: frequencyOf(profile.frequencyMax, profile.frequencyPer),
    quietHours:
      profile.quietFrom === null || profile.quietTo === null
        ? undefined
        : { from: profile.quietFrom, to: profile.quietTo },
    timeZone: profile.timeZone ?? undefined,
    known,
  };
}

const toChoice = (row: { topic: string; state: string }): TopicChoice => ({
  topic: row.topic,
  state: row.state === 'in' ? 'in' : 'out',
});

function frequencyOf(max: number | null, per: string | null): LetterReader['frequency'] {
  if (max === null) return undefined;
  return { max, per: per === 'day' || per === 'month' ? per : 'week' };
}

async function choose(
  tx: Database,
  sendId: number,
  reader: KnownReader,
  choices: PreferenceChoices,
  at: number,
): Promise<void> {
  const { profiles } = tx.tables;
  const { frequency, quietHours } = choices;
  await tx.orm
    .update(profiles)
    .set({
      frequencyMax: frequency?.max ?? null,
      frequencyPer: frequency?.per ?? null,
      quietFrom: quietHours?.from ?? null,
      quietTo: quietHours?.to ?? null,
      updatedAt: at,
    })
    .where(eq(profiles.id, reader.profileId));
  for (const choice of choices.topics) {
    const before = reader.topics.find(({ topic }) => topic === choice.topic);
    if (before === undefined || before.state === choice.state) continue;
    await setConsent(tx, reader.profileId, choice, 'preference page', at);
    if (choice.topic !== reader.topic) continue;
    if (choice.state === 'out') await store(tx, 'unsubscribe', at, { send: sendId, how: 'preference page' });
    else if (reader.known) await store(tx, 'resubscribe', at, { send: sendId });
  }
}

/** Writes the consent and its history; nothing when it is what it was. */
async function setConsent(
  tx: Database,
  profileId: number,
  { topic, state }: TopicChoice,
  source: string,
  at: number,
): Promise<void> {
  const { consents, consentChanges } = tx.tables;
  const changed = await tx.orm
    .insert(consents)
    .values({ profileId, topic, state, at, source })
    .onConflictDoUpdate({
      target: [consents.profileId, consents.topic],
      set: { state, at, source },
      setWhere: ne(consents.state, state),
    })
    .returning({ topic: consents.topic });
  if (changed.length > 0) await tx.orm.insert(consentChanges).values({ profileId, topic, state, at, source });
}

function store(
  tx: Database,
  kind: Exclude<NewArrival['kind'], 'mail'>,
  at: number,
  facts: HitFacts,
): Promise<void> {
  return arrivalStore(tx).add([{ kind, at, facts }]);
}

const agentOf = (agent: string | undefined) => (agent === undefined ? {} : { agent });
