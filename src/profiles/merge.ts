import { isDeepStrictEqual } from 'node:util';
import type { ProfileChange, ProfileContent } from './port.ts';
import type { Preferences, PreferencesChange } from './preferences.ts';

/** The part of a profile that changes merge into. */
export interface ProfileState extends Preferences {
  readonly attributes: Readonly<Record<string, unknown>>;
}

export const emptyState: ProfileState = Object.freeze({
  attributes: Object.freeze({}),
  timeZone: undefined,
  frequency: undefined,
  quietHours: undefined,
  pausedUntil: undefined,
});

/** The state after a change; the very same object when the change changes nothing. */
export function mergeChange(state: ProfileState, change: ProfileContent): ProfileState {
  const attributes = mergeAttributes(state.attributes, change.attributes);
  const preferences = mergePreferences(state, change);
  if (attributes === state.attributes && preferences === state) return state;
  return { ...pickPreferences(preferences), attributes };
}

/** The preferences after a change; the very same object when the change changes nothing. */
export function mergePreferences<P extends Preferences>(
  state: P,
  change: PreferencesChange,
): P | Preferences {
  const pick = <T>(now: T | undefined, next: T | null | undefined) =>
    next === undefined ? now : (next ?? undefined);
  const merged: Preferences = {
    timeZone: pick(state.timeZone, change.timeZone),
    frequency: pick(state.frequency, change.frequency),
    quietHours: pick(state.quietHours, change.quietHours),
    pausedUntil: pick(state.pausedUntil, change.pausedUntil),
  };
  return isDeepStrictEqual(merged, pickPreferences(state)) ? state : merged;
}

function pickPreferences(state: Preferences): Preferences {
  const { timeZone, frequency, quietHours, pausedUntil } = state;
  return { timeZone, frequency, quietHours, pausedUntil };
}

/** Two changes of one profile as one; the very same object when the later one adds nothing. */
export function mergeRows<R extends ProfileContent & { readonly email?: string | undefined }>(
  earlier: R,
  later: R,
): R {
  const isNew = (key: string, value: unknown, before: object) =>
    value !== undefined && !(Object.hasOwn(before, key) && isSame(Reflect.get(before, key), value));
  const { attributes, consents, email: _email, externalIds = [], ...preferences } = later;
  const consentsAdded = consents.filter(
    (change) => !earlier.consents.some((known) => isDeepStrictEqual(known, change)),
  );
  const known = earlier.externalIds ?? [];
  const idsAdded = externalIds.filter((id) => !known.some((one) => isDeepStrictEqual(one, id)));
  const changes =
    consentsAdded.length + idsAdded.length > 0 ||
    Object.entries(attributes).some(([key, value]) => isNew(key, value, earlier.attributes)) ||
    Object.entries(preferences).some(([key, value]) => isNew(key, value, earlier));
  if (!changes) return earlier;
  return {
    ...earlier,
    ...preferences,
    attributes: { ...earlier.attributes, ...attributes },
    consents: [...earlier.consents, ...consentsAdded],
    ...(known.length + idsAdded.length > 0 && { externalIds: [...known, ...idsAdded] }),
  };
}

function mergeAttributes(
  state: ProfileState['attributes'],
  change: ProfileChange['attributes'],
): ProfileState['attributes'] {
  let merged: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(change)) {
    if (value === null) {
      if (!Object.hasOwn(merged ?? state, key)) continue;
      merged ??= { ...state };
      delete merged[key];
    } else if (!isSame((merged ?? state)[key], value)) {
      merged ??= { ...state };
      merged[key] = value;
    }
  }
  return merged ?? state;
}

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && isDeepStrictEqual(a, b));
}
