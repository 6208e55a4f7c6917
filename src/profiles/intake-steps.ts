import { keyOfAll } from './identify.ts';
import { type Delivery, type Incoming, type IntakeDeps, type Outcome, Vanished } from './intake.ts';
import type { Copy } from './stated-events.ts';

/*
 * What is done with the deliveries of a group: finding out who everybody is, then storing what is said about them.
 */

const TRIES = 5;

/** An item on its way through a commit. */
interface Entry {
  readonly item: Incoming;
  readonly receivedAt: number;
  profileId: number | undefined;
  isNew: boolean;
}

/** A delivery, with whom its items are about. */
export interface Found {
  readonly delivery: Delivery;
  readonly entries: readonly Entry[];
  /** It was to be stored before, and who is who may have changed since. */
  isStale: boolean;
}

/** Looks up, and makes where it is missing, the profile of each item. */
export async function find(deps: IntakeDeps, deliveries: readonly Delivery[]): Promise<Found[]> {
  const found = deliveries.map((delivery): Found => {
    const { items, receivedAt } = delivery;
    const entries = items.map((item): Entry => ({ item, receivedAt, profileId: undefined, isNew: false }));
    return { delivery, entries, isStale: false };
  });
  await findPeople(deps, found, latest(deliveries));
  return found;
}

/** Stores what was found; when it is tried again everybody is looked up anew. */
export async function storeFound(deps: IntakeDeps, group: readonly Found[]): Promise<Outcome[][]> {
  for (let tries = 1; ; tries += 1) {
    const found = await refreshed(deps, group);
    try {
      return await storeAll(deps, found);
    } catch (error) {
      if (!(error instanceof Vanished) || tries === TRIES) throw error;
    }
  }
}

async function refreshed(deps: IntakeDeps, group: readonly Found[]): Promise<readonly Found[]> {
  const deliveries = group.map(({ delivery }) => delivery);
  if (group.some(({ isStale }) => isStale)) return find(deps, deliveries);
  for (const found of group) found.isStale = true;
  return group;
}

async function storeAll(deps: IntakeDeps, found: readonly Found[]): Promise<Outcome[][]> {
  const all = found.flatMap(({ entries }) => entries);
  const states = new Map<Entry, Outcome>();
  await storeProfiles(deps, all, states, latest(found.map(({ delivery }) => delivery)));
  await storeEvents(deps, all, states);
  return found.map(({ entries }) => entries.map((entry) => states.get(entry) ?? { state: 'unknown' }));
}

function latest(deliveries: readonly Delivery[]): number {
  return Math.max(...deliveries.map(({ receivedAt }) => receivedAt));
}

interface SameRights {
  readonly by: string;
  readonly changeEmail: boolean;
  readonly isPublic: boolean;
  /** The entries of each person. */
  readonly people: Map<string, Entry[]>;
}

/** Names each entry's profile. Those who come with the same rights are asked for at once, each person once. */
async function findPeople(deps: IntakeDeps, found: readonly Found[], now: number): Promise<void> {
  const groups = groupsOf(found);
  for (const { people, ...rights } of groups) {
    const lists = [...people.values()];
    await markNew(deps, lists);
    const who = lists.map(([first]) => first?.item.who ?? { externalIds: [] });
    const ids = await deps.identities.resolve(who, now, { create: true, ...rights });
    for (const [index, list] of lists.entries()) for (const entry of list) entry.profileId = ids[index];
  }
  // A later group may have merged whom an earlier one found; an old id leads to the survivor.
  if (groups.length < 2) return;
  const all = found.flatMap(({ entries }) => entries);
  const survivors = await deps.identities.find(all.map(({ profileId }) => ({ profileId, externalIds: [] })));
  for (const [index, entry] of all.entries()) entry.profileId = survivors[index];
}

function groupsOf(found: readonly Found[]): readonly SameRights[] {
  const groups = new Map<string, SameRights>();
  for (const { delivery, entries } of found) {
    const { by } = delivery;
    for (const entry of entries) {
      const { changeEmail, isPublic, who } = entry.item;
      const rights = `${changeEmail} ${isPublic} ${by}`;
      const group = groups.get(rights) ?? { by, changeEmail, isPublic, people: new Map<string, Entry[]>() };
      groups.set(rights, group);
      const key = keyOfAll(who);
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
    states.set(entry, outcomeOf(added[index], profileId));
  }
}

function outcomeOf(what: 'added' | Copy | undefined, profileId: number): Outcome {
  if (what === 'other') return { state: 'taken' };
  return { state: what === 'added' || what === 'restated' ? what : 'duplicate', profileId };
}
