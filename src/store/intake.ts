import { eq } from 'drizzle-orm';
import { digestInKey } from '../profiles/event-key.ts';
import { type IntakeStore, Vanished } from '../profiles/intake.ts';
import { mergeChange } from '../profiles/merge.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import { addNewEvents, eventRow } from './bulk-events.ts';
import { readStandings, saveStandings } from './consent-book.ts';
import type { BulkInsert, Database } from './database.ts';
import { lockAndRead, preferenceColumns, profileOf } from './profile-rows.ts';
import { untilAlone } from './races.ts';
import { markTraits, touched } from './traits.ts';

const addNew: BulkInsert = {
  ...addNewEvents,
  tail: 'ON CONFLICT DO NOTHING RETURNING key, digest, profile_id, type, at',
};

interface AddedRow {
  readonly key: string | null;
  readonly digest: number | null;
  readonly profile_id: number;
  readonly type: string;
  readonly at: number;
}

/** What tells events without a key apart. No key begins with a line end. */
const derivedId = (digest: number | null, profileId: number, type: string, at: number) =>
  `\n${digest} ${profileId} ${at} ${type}`;

/** What comes in by the API, on either database. */
export function intakeStore(db: Database, traits: TraitSettings): IntakeStore {
  return {
    addEvents: async (events) => {
      // In the order of keys: two at once then wait for each other only one way.
      const sorted = [...events].sort((a, b) => (a.key < b.key ? -1 : 1));
      const rows = sorted.map((event) => eventRow(event, event.receivedAt));
      // In no transaction of ours, which would cost two more ways to the database: a part that was stored when the
      // rest fails counts once when the call is repeated.
      const marked = touched(sorted, traits);
      const insert = (to: Database) => to.insertMany<AddedRow>(addNew, rows);
      // Orders are another matter: they and the marks that say so stand or fall together.
      const { rows: added } = await untilAlone(() =>
        marked.size === 0
          ? insert(db)
          : db.transaction(async (tx) => {
              const inserted = await insert(tx);
              if (inserted.rows.length > 0) await markTraits(tx, marked);
              return inserted;
            }),
      );
      const fresh = new Set(
        added.map((row) => row.key ?? derivedId(row.digest, row.profile_id, row.type, row.at)),
      );
      return events.map(({ key, profileId, type, at }) => {
        const digest = digestInKey(key);
        return fresh.delete(digest === undefined ? key : derivedId(digest, profileId, type, at));
      });
    },
    changeProfiles: (changes, now) =>
      untilAlone(() => db.transaction((tx) => changeProfiles(tx, changes, now))),
  };
}

async function changeProfiles(
  tx: Database,
  changes: Parameters<IntakeStore['changeProfiles']>[0],
  now: number,
): Promise<boolean[]> {
  const { profiles } = tx.tables;
  const ids = [...new Set(changes.map(({ profileId }) => profileId))].sort((a, b) => a - b);
  const before = new Map((await lockAndRead(tx, ids)).map((row) => [row.id, profileOf(row)] as const));
  const standings = await readStandings(tx, statedOn(changes));
  const states = new Map(before as ReadonlyMap<number, Parameters<typeof mergeChange>[0]>);
  const changed = changes.map(({ profileId, change }) => {
    const state = states.get(profileId);
    // Merged into another meanwhile; whoever asks looks again and finds the other.
    if (state === undefined) throw new Vanished();
    const next = mergeChange(state, change);
    states.set(profileId, next);
    const standing = standings.get(profileId);
    const consented = change.consents.filter((consent) => standing?.take(consent, now) === true).length > 0;
    return next !== state || consented;
  });
  for (const [id, state] of states) {
    if (state === before.get(id)) continue;
    const set = { attributes: { ...state.attributes }, ...preferenceColumns(state), updatedAt: now };
    await tx.orm.update(profiles).set(set).where(eq(profiles.id, id));
  }
  await saveStandings(tx, standings);
  return changed;
}

/** The profiles whose consents are spoken of. */
const statedOn = (changes: Parameters<IntakeStore['changeProfiles']>[0]) => [
  ...new Set(changes.flatMap(({ profileId, change }) => (change.consents.length > 0 ? [profileId] : []))),
];
