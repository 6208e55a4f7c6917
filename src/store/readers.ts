import { eq, ne, sql } from 'drizzle-orm';
import { CUSTOMER, profileSubject } from '../profiles/audit.ts';
import { mergeChange } from '../profiles/merge.ts';
import type { HitFacts, NewArrival } from '../tracking/arrivals.ts';
import {
  addressOfDecision,
  type LetterReader,
  linksOfDecision,
  linksOfSource,
  type PreferenceChoices,
  type ReaderStore,
  type TopicChoice,
  type TopicWish,
} from '../tracking/readers.ts';
import { aboutReader } from './about-readers.ts';
import { arrivalStore } from './arrivals.ts';
import { addNote } from './audit.ts';
import type { Database, Store } from './database.ts';
import { currentProfile, frequencyOf, lock, preferenceColumns, profileOf } from './profile-rows.ts';
import { consentState } from './standing.ts';

/** The readers of letters and their own acts, on either database. */
export function readerStore(db: Store): ReaderStore {
  const linksOf = sourceLinks(db);
  return {
    link: async (sendId, index) => {
      const { sends } = db.tables;
      const { decision, sourceHash } = sends;
      const [row] = await db.orm.select({ decision, sourceHash }).from(sends).where(eq(sends.id, sendId));
      // Nothing leads on from the letters of somebody who was erased.
      if (typeof row?.decision !== 'string') return undefined;
      const same = row.sourceHash === null ? [] : await linksOf(row.sourceHash);
      return same[index] ?? linksOfDecision(row.decision)[index - same.length];
    },
    reader: (sendId) => readerOf(db, sendId),
    optOut: (sendId, how, at, agent, proof) =>
      act(db, sendId, async (tx, reader) => {
        await store(tx, 'unsubscribe', at, { send: sendId, how, ...agentOf(agent) });
        await setConsent(
          tx,
          reader.profileId,
          { topic: reader.topic, state: 'out' },
          { source: how, at, proof },
        );
      }),
    optIn: (sendId, at, agent, proof) =>
      act(db, sendId, async (tx, reader) => {
        const isOut = reader.topics.some(({ topic, state }) => topic === reader.topic && state === 'out');
        if (!reader.known || !isOut) return;
        await store(tx, 'resubscribe', at, { send: sendId, ...agentOf(agent) });
        const how = { source: 'unsubscribe taken back', at, proof };
        await setConsent(tx, reader.profileId, { topic: reader.topic, state: 'in' }, how);
      }),
    choose: (sendId, choices, at, proof) =>
      act(db, sendId, (tx, reader) => choose(tx, sendId, reader, choices, at, proof)),
    stopAll: (sendId, at, proof) =>
      act(db, sendId, async (tx, reader) => {
        const topics = reader.topics.map(({ topic }) => ({ topic, state: 'out' as const }));
        await note(tx, reader, [], await wish(tx, sendId, reader, topics, at, proof));
      }),
    about: (profileId, newest) => aboutReader(db, profileId, newest),
    ping: async () => {
      await db.rows(sql`SELECT 1 AS one`);
    },
  };
}

const SOURCES_KEPT = 200;

/** The links of letter sources, by hash; a source never changes. */
function sourceLinks(db: Store): (hash: string) => Promise<readonly string[]> {
  const kept = new Map<string, readonly string[]>();
  return async (hash) => {
    const known = kept.get(hash);
    if (known !== undefined) return known;
    const { letterSources } = db.tables;
    const [row] = await db.orm
      .select({ source: letterSources.source })
      .from(letterSources)
      .where(eq(letterSources.hash, hash));
    if (row === undefined) return [];
    const links = linksOfSource(row.source);
    if (kept.size >= SOURCES_KEPT) kept.clear();
    kept.set(hash, links);
    return links;
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
    .select({ profile: profiles, topic: runs.topic, decision: sends.decision })
    .from(sends)
    .innerJoin(runs, eq(runs.id, sends.runId))
    .leftJoin(mergedProfiles, eq(mergedProfiles.id, sends.profileId))
    .innerJoin(profiles, eq(profiles.id, currentProfile(db)))
    .where(eq(sends.id, sendId));
  if (row === undefined) return undefined;
  const { profile, topic, decision } = row;
  const choices = await db.orm
    .select({ topic: consents.topic, state: consents.state })
    .from(consents)
    .where(eq(consents.profileId, profile.id))
    .orderBy(consents.topic);
  const known = choices.some((choice) => choice.topic === topic);
  return {
    profileId: profile.id,
    address: profile.email ?? '',
    sentTo: addressOfDecision(decision),
    topic,
    topics: [...choices.map(toChoice), ...(known ? [] : [{ topic, state: 'out' as const }])],
    frequency: frequencyOf(profile),
    quietHours:
      profile.quietFrom === null || profile.quietTo === null
        ? undefined
        : { from: profile.quietFrom, to: profile.quietTo },
    timeZone: profile.timeZone ?? undefined,
    pausedUntil: profile.pausedUntil ?? undefined,
    language: typeof profile.attributes.language === 'string' ? profile.attributes.language : undefined,
    known,
  };
}

const toChoice = (row: { topic: string; state: string }): TopicChoice => ({
  topic: row.topic,
  state: consentState(row.state),
});

async function choose(
  tx: Database,
  sendId: number,
  reader: KnownReader,
  choices: PreferenceChoices,
  at: number,
  proof: string | undefined,
): Promise<void> {
  const { profiles } = tx.tables;
  const { topics, language, ...preferences } = choices;
  const [row] = await tx.orm.select().from(profiles).where(eq(profiles.id, reader.profileId));
  if (row === undefined) return;
  const before = profileOf(row);
  const attributes = language === undefined ? {} : { language };
  const after = mergeChange(before, { ...preferences, attributes, consents: [] });
  const columns = preferenceColumns(after);
  const changed = [
    ...Object.entries(columns).flatMap(([name, value]) => (Reflect.get(row, name) === value ? [] : [name])),
    ...(after.attributes === before.attributes ? [] : ['language']),
  ];
  if (after !== before) {
    await tx.orm
      .update(profiles)
      .set({ ...columns, attributes: { ...after.attributes }, updatedAt: at })
      .where(eq(profiles.id, reader.profileId));
  }
  await note(tx, reader, changed, await wish(tx, sendId, reader, topics, at, proof));
}

/** The customer's own change in the audit log: names of what changed, no values. */
async function note(tx: Database, reader: KnownReader, fields: string[], topics: string[]): Promise<void> {
  if (fields.length + topics.length === 0) return;
  const subject = profileSubject(reader.profileId);
  await addNote(tx, { actor: CUSTOMER, action: 'change', subject, detail: { fields, topics } });
}

/** Stores what changes among the topics; going out of the letter's topic is an unsubscribe as well. */
async function wish(
  tx: Database,
  sendId: number,
  reader: KnownReader,
  topics: readonly TopicWish[],
  at: number,
  proof: string | undefined,
): Promise<string[]> {
  const changed: string[] = [];
  for (const wanted of topics) {
    const before = reader.topics.find(({ topic }) => topic === wanted.topic)?.state ?? 'out';
    if (before === wanted.state) continue;
    changed.push(wanted.topic);
    await setConsent(tx, reader.profileId, wanted, { source: 'preference page', at, proof });
    if (wanted.topic !== reader.topic) continue;
    if (wanted.state === 'out') await store(tx, 'unsubscribe', at, { send: sendId, how: 'preference page' });
    else if (reader.known) await store(tx, 'resubscribe', at, { send: sendId });
  }
  return changed;
}

/** Writes the consent and its history; nothing when it is what it was. */
async function setConsent(
  tx: Database,
  profileId: number,
  { topic, state, wording }: TopicWish,
  { source, at, proof }: { source: string; at: number; proof: string | undefined },
): Promise<void> {
  const { consents, consentChanges } = tx.tables;
  const said = { state, at, source, wording: wording ?? null, proof: proof || null };
  const changed = await tx.orm
    .insert(consents)
    .values({ profileId, topic, ...said })
    .onConflictDoUpdate({
      target: [consents.profileId, consents.topic],
      set: said,
      setWhere: ne(consents.state, state),
    })
    .returning({ topic: consents.topic });
  if (changed.length > 0) await tx.orm.insert(consentChanges).values({ profileId, topic, ...said });
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
