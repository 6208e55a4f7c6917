import { type ConsentChange, isTopic, readConsentState } from '../../profiles/consent.ts';
import type { IncomingProfile } from '../../profiles/intake.ts';
import { isObject } from '../../profiles/json.ts';
import {
  FREQUENCY_FORM,
  type PreferencesChange,
  QUIET_HOURS_FORM,
  readFrequency,
  readQuietHours,
  readTimeZone,
} from '../../profiles/preferences.ts';
import { readTime } from '../../profiles/times.ts';
import type { Misspelt } from '../../profiles/topics.ts';
import { Refusal, readMoment, readObject, refusalOf, refusedText, whoOf } from './read.ts';
import { type ProfileInput, profileSchema } from './schemas.ts';

/** Every name of a topic that the items of a body speak of. */
export function topicsIn(items: readonly unknown[]): string[] {
  return items.flatMap((item) =>
    isObject(item) && isObject(item.consent) ? Object.keys(item.consent).filter(isTopic) : [],
  );
}

/**
 * Reads one profile of a body. `source` is where a consent comes from that does not say it itself; `misspelt` are the
 * topics that are refused.
 */
export function readProfile(
  item: unknown,
  now: number,
  source: string,
  misspelt: Misspelt,
): IncomingProfile | Refusal {
  const parsed = profileSchema.safeParse(item);
  if (!parsed.success) return refusalOf(parsed.error);
  const who = whoOf(parsed.data);
  if (who instanceof Refusal) return who;
  const attributes = readObject(parsed.data.attributes, 'attributes');
  if (attributes instanceof Refusal) return attributes;
  const consents = readConsents(parsed.data, now, source, misspelt);
  if (consents instanceof Refusal) return consents;
  const preferences = readPreferences(parsed.data);
  if (preferences instanceof Refusal) return preferences;
  return {
    kind: 'profile',
    who,
    changeEmail: true,
    isPublic: false,
    change: { attributes, consents, ...preferences },
  };
}

function readConsents(
  input: ProfileInput,
  now: number,
  source: string,
  misspelt: Misspelt,
): ConsentChange[] | Refusal {
  if (input.consent === undefined || input.consent === null) return [];
  if (!isObject(input.consent))
    return new Refusal('shape', 'consent', 'it must be an object such as {"offers": "in"}');
  const at = readMoment(input.consentAt, 'consentAt', now);
  if (at instanceof Refusal) return at;
  const wrongSource = refusedText(input.consentSource, 'consentSource');
  if (wrongSource !== undefined) return wrongSource;
  const changes: ConsentChange[] = [];
  for (const [topic, given] of Object.entries(input.consent)) {
    const path = `consent.${topic}`;
    if (!isTopic(topic)) {
      return new Refusal(
        'consent',
        'consent',
        'a topic is named with letters, digits, hyphens and underscores',
      );
    }
    const meant = misspelt.get(topic);
    if (meant !== undefined) {
      return new Refusal('consent', path, `there is no such topic yet; was ${meant} meant?`);
    }
    const state = readConsentState(given);
    if (state === undefined) return new Refusal('consent', path, 'it is neither in nor out');
    changes.push({ topic, state, at, source: input.consentSource ?? source });
  }
  return changes;
}

function readPreferences(input: ProfileInput): PreferencesChange | Refusal {
  const chosen: [keyof PreferencesChange, unknown, string][] = [
    ['timeZone', read(input.timeZone, readTimeZone), 'it is no known time zone, such as Europe/Berlin'],
    ['frequency', read(input.frequency, readFrequency), `it is not of the form ${FREQUENCY_FORM}`],
    ['quietHours', read(input.quietHours, readQuietHours), `it is not of the form ${QUIET_HOURS_FORM}`],
    ['pausedUntil', read(input.pausedUntil, readMomentAhead), 'it is no date that can be read'],
  ];
  for (const [key, value, why] of chosen) if (value === WRONG) return new Refusal('preference', key, why);
  return Object.fromEntries(chosen.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}

const WRONG = Symbol('wrong');
const readMomentAhead = (value: string | number) => readTime(value, { timeZone: 'UTC' });

/** Absent stays, null goes back to the default. */
function read<V, T>(value: V | null | undefined, reader: (value: V) => T | undefined) {
  if (value === undefined || value === null) return value;
  const found = reader(value);
  return found === undefined ? WRONG : found;
}
