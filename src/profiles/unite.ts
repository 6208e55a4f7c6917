import { isDeepStrictEqual } from 'node:util';
import type { ProfileState } from './merge.ts';
import type { Suppression } from './port.ts';
import type { Frequency, Preferences } from './preferences.ts';

const DAYS = { day: 1, week: 7, month: 30 } as const;

/** What of the merged profile did not become part of the survivor; it is kept in the entry on the timeline. */
export interface Overridden {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly preferences: Partial<Preferences>;
}

/**
 * Two profiles of one person as one. An attribute of the survivor stands, and what it lacks comes from the other;
 * of two limits the lower one counts (and the wish for important letters only), of two pauses the longer one, of other choices the survivor's.
 */
export function unite(
  survivor: ProfileState,
  merged: ProfileState,
): { state: ProfileState; overridden: Overridden } {
  const state: ProfileState = {
    attributes: { ...merged.attributes, ...survivor.attributes },
    timeZone: survivor.timeZone ?? merged.timeZone,
    frequency: lower(survivor.frequency, merged.frequency),
    quietHours: survivor.quietHours ?? merged.quietHours,
    pausedUntil: later(survivor.pausedUntil, merged.pausedUntil),
  };
  const attributes = Object.entries(merged.attributes).filter(
    ([name, value]) => !isDeepStrictEqual(state.attributes[name], value),
  );
  const { timeZone, frequency, quietHours, pausedUntil } = merged;
  const preferences = Object.entries({ timeZone, frequency, quietHours, pausedUntil }).filter(
    ([name, value]) => value !== undefined && !isDeepStrictEqual(Reflect.get(state, name), value),
  );
  return {
    state,
    overridden: { attributes: Object.fromEntries(attributes), preferences: Object.fromEntries(preferences) },
  };
}

function lower(one: Frequency | undefined, other: Frequency | undefined): Frequency | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const aDay = ({ max, per }: Frequency) => max / DAYS[per];
  const limit = aDay(other) < aDay(one) ? other : one;
  return one.importantOnly || other.importantOnly ? { ...limit, importantOnly: true } : limit;
}

function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}

/**
 * A suppression of an address that a person had before, as it holds for the one that they have now; undefined when it
 * says something about the mailbox alone (it does not exist) and nothing about the person.
 */
export function carriedOver(one: Suppression, address: string): Suppression | undefined {
  const isAboutMailbox = one.source.startsWith('refused:') || /\b(bounce|mailbox|domain)\b/i.test(one.reason);
  return isAboutMailbox ? undefined : { ...one, address, source: `${one.source} (at a former address)` };
}
