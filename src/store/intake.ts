import { eq } from 'drizzle-orm';
import { type IntakeStore, Vanished } from '../profiles/intake.ts';
import { mergeChange } from '../profiles/merge.ts';
import type { NewEvent } from '../profiles/port.ts';
import type { TraitSettings } from '../profiles/trait-settings.ts';
import { addNewEvents, eventOf, eventRow } from './bulk-events.ts';
import { readStandings, saveStandings } from './consent-book.ts';
import type { Database, Store } from './database.ts';
import { copiesAmong } from './event-copies.ts';
import { lockAndRead, preferenceColumns, profileOf } from './profile-rows.ts';
import { untilAlone } from './races.ts';
import { markTraits, touched } from './traits.ts';

/** What comes in by the API, on either database. */
export function intakeStore(store: Store, traits: TraitSettings): IntakeStore {
  const db = store.hasty;
  return {
    kept: () => store.kept(),
    addEvents: async (events) => {
      // In the order of keys: two at once then wait for each other only one way.
      const places = events.map((_, place) => place).sort(byKey(events));
      const rows = places.flatMap((place) => {
        const event = events[place];
        return event === undefined ? [] : [eventRow(event, event.receivedAt)];
      });
      // In no transaction of ours, which would cost two more ways to the database: a part that was stored when the
      // rest fails counts once when the call is repeated.
      const marked = touched(events, traits);
      const insert = (to: Database) => to.insertEach(addNewEvents, rows);
      // Orders are another matter: they and the marks that say so stand or fall together.
      const added = await untilAlone(() =>
        marked.size === 0
          ? insert(db)
          : db.transaction(async (tx) => {
              const inserted = await insert(tx);
              if (inserted.includes(true)) await markTraits(tx, marked);
              return inserted;
            }),
      );
      return whatTheyAre(db, events, new Set(places.filter((_, index) => added[index] === true)));
    },
    changeProfiles: (changes, now) =>
      untilAlone(() => db.transaction((tx) => changeProfiles(tx, changes, now))),
  };
}

/** What each of the events is, of which those at the given places were added. */
async function whatTheyAre(db: Database, events: readonly NewEvent[], added: ReadonlySet<number>) {
  const known = [...events.entries()].filter(([place]) => !added.has(place)).map(keyedOne);
  const copies = await copiesAmong(db, known);
  return events.map((_, place) => (added.has(place) ? 'added' : (copies.get(place) ?? 'same')));
}

const keyedOne = ([place, event]: [number, NewEvent]) => {
  const { key, profileId, type, properties } = eventOf(event);
  return [place, { key, whose: profileId, type, properties }] as const;
};

const byKey =
  (events: readonly { readonly key: string }[]) =>
  (one: number, other: number): number => {
    const [a, b] = [events[one]?.key ?? '', events[other]?.key ?? ''];
    return a === b ? one - other : a < b ? -1 : 1;
  };

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
