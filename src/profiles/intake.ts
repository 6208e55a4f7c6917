import { DearError } from '../errors.ts';
import { grouped } from '../grouped.ts';
import type { Identifiers, IdentityStore } from './identity.ts';
import type { NewEvent, ProfileContent } from './port.ts';

/** Items in one commit: enough to share it, few enough that nobody waits long for it. */
const GROUP_ITEMS = 500;
const GROUP_DELIVERIES = 256;
/** Items that may wait to be stored; a second or two of work. */
const MOST_WAITING = 20_000;
const TRIES = 5;

interface OfSomebody {
  readonly who: Identifiers;
  /** A new address replaces the one that is known: see `ResolveOptions`. */
  readonly changeEmail: boolean;
}

/** An event of somebody who is not looked up yet. */
export interface IncomingEvent extends Omit<NewEvent, 'profileId'>, OfSomebody {
  readonly kind: 'event';
}

/** What is said about somebody who is not looked up yet. */
export interface IncomingProfile extends OfSomebody {
  readonly kind: 'profile';
  readonly change: ProfileContent;
}

export type Incoming = IncomingEvent | IncomingProfile;

/** Items that are stored together, and who brought them. */
export interface Delivery {
  readonly items: readonly Incoming[];
  /** For the timeline, such as `api key shop`. */
  readonly by: string;
  /** When it came, ms. */
  readonly receivedAt: number;
}

/**
 * What became of an item. An event is `added` or a `duplicate`, a profile `added`, `updated` or `unchanged`;
 * `unknown`: it names a profile id that nobody has, or somebody who was erased, and was not stored.
 */
export type Outcome =
  | { readonly state: 'added' | 'duplicate' | 'updated' | 'unchanged'; readonly profileId: number }
  | { readonly state: 'unknown' };

/** A profile was merged into another between looking it up and changing it. */
export class Vanished extends Error {}

export interface IntakeStore {
  /**
   * Adds those whose key is new; for each whether it was. The profiles exist. When it fails a part may be stored:
   * adding all of them again is harmless.
   */
  addEvents(events: readonly (NewEvent & { readonly receivedAt: number })[]): Promise<boolean[]>;
  /**
   * Applies the changes in their order, in one transaction; for each whether it changed anything.
   * @throws Vanished
   */
  changeProfiles(
    changes: readonly { readonly profileId: number; readonly change: ProfileContent }[],
    now: number,
  ): Promise<boolean[]>;
}

export interface Intake {
  /**
   * Resolves once everything is committed, with an outcome an item. A failure may leave a part stored: repeating
   * the delivery stores the rest, and counts nothing twice.
   * @throws DearError `intake.busy` at once when more waits than can be stored soon
   */
  take(delivery: Delivery): Promise<Outcome[]>;
  /** Stores what waits. */
  close(): Promise<void>;
}

export interface IntakeDeps {
  readonly identities: Pick<IdentityStore, 'resolve' | 'find'>;
  readonly store: IntakeStore;
  readonly mostWaiting?: number;
}

/**
 * Takes in events and profiles by group commits. An event is stored as an event at once, not as an arrival first:
 * it needs no judging, and only the events themselves can tell whether it is a duplicate.
 */
export function makeIntake(deps: IntakeDeps): Intake {
  const { mostWaiting = MOST_WAITING } = deps;
  let waiting = 0;
  const group = grouped<Delivery, Outcome[]>(
    { maxItems: GROUP_DELIVERIES, maxWeight: GROUP_ITEMS, weigh: (delivery) => delivery.items.length },
    async (deliveries) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await commit(deps, deliveries);
        } catch (error) {
          if (!(error instanceof Vanished) || tries === TRIES) throw error;
        }
      }
    },
  );
  return {
    take: async (delivery) => {
      const count = delivery.items.length;
      if (count === 0) return [];
      if (waiting > 0 && waiting + count > mostWaiting) throw busy();
      waiting += count;
      try {
        return await group.add(delivery);
      } finally {
        waiting -= count;
      }
    },
    close: () => group.close(),
  };
}

function busy(): DearError {
  return new DearError('intake.busy', 'More is waiting to be stored than can be stored soon.', {
    mend: 'Send it again in a few seconds; what has an id counts once.',
  });
}

/** An item on its way through a commit. */
interface Entry {
  readonly item: Incoming;
  readonly receivedAt: number;
  profileId: number | undefined;
  isNew: boolean;
}

async function commit(deps: IntakeDeps, deliveries: readonly Delivery[]): Promise<Outcome[][]> {
  const entries = deliveries.map(({ items, receivedAt }) =>
    items.map((item): Entry => ({ item, receivedAt, profileId: undefined, isNew: false })),
  );
  const now = Math.max(...deliveries.map((delivery) => delivery.receivedAt));
  await findPeople(deps, deliveries, entries, now);
  const all = entries.flat();
  const states = new Map<Entry, Outcome>();
  await storeProfiles(deps, all, states, now);
  await storeEvents(deps, all, states);
  return entries.map((list) => list.map((entry) => states.get(entry) ?? { state: 'unknown' }));
}

interface SameRights {
  readonly by: string;
  readonly changeEmail: boolean;
  /** The entries of each person. */
  readonly people: Map<string, Entry[]>;
}

/** Names each entry's profile. Those who come with the same rights are asked for at once, each person once. */
async function findPeople(
  deps: IntakeDeps,
  deliveries: readonly Delivery[],
  entries: readonly (readonly Entry[])[],
  now: number,
): Promise<void> {
  const groups = groupsOf(deliveries, entries);
  for (const { by, changeEmail, people } of groups) {
    const lists = [...people.values()];
    await markNew(deps, lists);
    const who = lists.map(([first]) => first?.item.who ?? { externalIds: [] });
    const ids = await deps.identities.resolve(who, now, { create: true, by, changeEmail });
    for (const [index, list] of lists.entries()) for (const entry of list) entry.profileId = ids[index];
  }
  // A later group may have merged whom an earlier one found; an old id leads to the survivor.
  if (groups.length < 2) return;
  const all = entries.flat();
  const survivors = await deps.identities.find(all.map(({ profileId }) => ({ profileId, externalIds: [] })));
  for (const [index, entry] of all.entries()) entry.profileId = survivors[index];
}

function groupsOf(
  deliveries: readonly Delivery[],
  entries: readonly (readonly Entry[])[],
): readonly SameRights[] {
  const groups = new Map<string, SameRights>();
  for (const [index, { by }] of deliveries.entries()) {
    for (const entry of entries[index] ?? []) {
      const { changeEmail, who } = entry.item;
      const rights = `${changeEmail} ${by}`;
      const group = groups.get(rights) ?? { by, changeEmail, people: new Map<string, Entry[]>() };
      groups.set(rights, group);
      const key = keyOf(who);
      const same = group.people.get(key);
      if (same === undefined) group.people.set(key, [entry]);
      else same.push(entry);
    }
  }
  return [...groups.values()];
}

/** Only whoever sends profiles is told which of them are new, so only then is it asked. */
async function markNew(deps: IntakeDeps, lists: readonly (readonly Entry[])[]): Promise<void> {
  const told = lists.filter((list) => list.some(({ item }) => item.kind === 'profile'));
  if (told.length === 0) return;
  const found = await deps.identities.find(told.map(([first]) => first?.item.who ?? { externalIds: [] }));
  for (const [index, list] of told.entries()) {
    if (found[index] === undefined) for (const entry of list) entry.isNew = true;
  }
}

function keyOf({ profileId, email, externalIds }: Identifiers): string {
  let key = `${profileId ?? ''}\n${email ?? ''}`;
  for (const { source, value } of externalIds) key += `\n${source} ${value}`;
  return key;
}

async function storeProfiles(
  deps: IntakeDeps,
  entries: readonly Entry[],
  states: Map<Entry, Outcome>,
  now: number,
): Promise<void> {
  const found = entries.flatMap((entry) =>
    entry.item.kind === 'profile' && entry.profileId !== undefined
      ? [{ entry, profileId: entry.profileId, change: entry.item.change }]
      : [],
  );
  if (found.length === 0) return;
  const changed = await deps.store.changeProfiles(found, now);
  const added = new Set<number>();
  for (const [index, { entry, profileId }] of found.entries()) {
    const isFirst = entry.isNew && !added.has(profileId);
    if (isFirst) added.add(profileId);
    const state = isFirst ? 'added' : changed[index] === true ? 'updated' : 'unchanged';
    states.set(entry, { state, profileId });
  }
}

async function storeEvents(
  deps: IntakeDeps,
  entries: readonly Entry[],
  states: Map<Entry, Outcome>,
): Promise<void> {
  const found = entries.flatMap((entry) => {
    const { item, profileId, receivedAt } = entry;
    if (item.kind !== 'event' || profileId === undefined) return [];
    const { key, type, at, properties } = item;
    return [{ entry, profileId, key, type, at, properties, receivedAt }];
  });
  if (found.length === 0) return;
  const added = await deps.store.addEvents(found);
  for (const [index, { entry, profileId }] of found.entries()) {
    states.set(entry, { state: added[index] === true ? 'added' : 'duplicate', profileId });
  }
}
