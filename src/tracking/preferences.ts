import { isDeepStrictEqual } from 'node:util';
import { DateTime } from 'luxon';
import { z } from 'zod';
import {
  type Frequency,
  isUnlimited,
  onlyImportant,
  type QuietHours,
  readTimeZone,
  unlimited,
} from '../profiles/preferences.ts';
import type { Topic } from '../profiles/topics.ts';
import {
  isSameRhythm,
  isStale,
  LONGEST_FIELD,
  meantFields,
  type PreferenceFields,
  type Rhythm,
  rhythms,
  shownField,
} from './preference-fields.ts';
import type { LetterReader, PreferenceChoices, TopicWish } from './readers.ts';

const HIGHEST_LIMIT = 100;
const LONGEST_PAUSE_YEARS = 5;

/** What a form leaves out stays as it is; what it sends empty is taken back. */
const field = z.string().trim().max(LONGEST_FIELD).optional();
const several = z
  .union([z.string().transform((one) => [one]), z.array(z.string())])
  .default([])
  .pipe(z.array(z.string().max(200)).max(500));

/** The fields of the preference form, as they are written in it. */
const fieldsSchema = z.object({
  form: z.literal('preferences'),
  shown: several,
  was: shownField,
  topic: several,
  often: z.enum(rhythms),
  max: field,
  per: field,
  pausedUntil: field,
  quietFrom: field,
  quietTo: field,
  timeZone: field,
  language: field,
});

type Sent = z.output<typeof fieldsSchema>;

/** What is wrong with a form; the page has the sentences. */
export const problemKinds = [
  'form',
  'often',
  'max',
  'pausedUntil',
  'pausedPast',
  'pausedLong',
  'quietHalf',
  'quietTime',
  'quietEmpty',
  'timeZone',
  'language',
] as const;
export type FormProblem = (typeof problemKinds)[number];

/** What the page can offer this reader. */
export interface Offer {
  readonly topics: readonly Topic[];
  /** For readers of whom no zone is known. */
  readonly timeZone: string;
  /** BCP 47 tags that can be chosen. */
  readonly languages: readonly string[];
}

/**
 * A form that was understood, or what is wrong with it beside what was in it. `isStale`: something was changed elsewhere
 * since it was made.
 */
export type ReadForm = { readonly isStale: boolean } & (
  | { readonly choices: PreferenceChoices; readonly problems: readonly []; readonly fields: PreferenceFields }
  | {
      readonly choices: undefined;
      readonly problems: readonly FormProblem[];
      readonly fields: PreferenceFields | undefined;
    }
);

/** The form as it stands before the reader changes anything. */
export function fieldsOf(reader: LetterReader, offer: Offer, now: number): PreferenceFields {
  const { frequency, quietHours, pausedUntil } = reader;
  const often = rhythmOf(frequency);
  return {
    topic: reader.topics.filter(({ state }) => state === 'in').map(({ topic }) => topic),
    often,
    max: often === 'own' ? String(frequency?.max ?? '') : '',
    per: frequency !== undefined && !isUnlimited(frequency) ? frequency.per : 'week',
    pausedUntil:
      pausedUntil === undefined || pausedUntil <= now ? '' : dayOf(pausedUntil, zoneOf(reader, offer)),
    quietFrom: quietHours === undefined ? '' : clockTime(quietHours.from),
    quietTo: quietHours === undefined ? '' : clockTime(quietHours.to),
    timeZone: reader.timeZone ?? '',
    language: languageIn(reader),
  };
}

/** As a form can send it back. */
function languageIn({ language = '' }: LetterReader): string {
  return language.length > LONGEST_FIELD ? '' : language.trim();
}

function rhythmOf(frequency: Frequency | undefined): Rhythm {
  if (frequency === undefined) return 'usual';
  if (frequency.importantOnly) return 'important';
  if (isUnlimited(frequency)) return 'all';
  return frequency.max === 1 && frequency.per !== 'day' ? frequency.per : 'own';
}

const zoneOf = (reader: LetterReader, offer: Offer) => reader.timeZone ?? offer.timeZone;
const dayOf = (at: number, zone: string) => DateTime.fromMillis(at, { zone }).toISODate() ?? '';

/**
 * Understands the preference form. Only topics that the page showed, and that it could show, are touched: one whose tick
 * was taken away is out, and one that still waits for its confirmation goes on waiting. What the reader did not change
 * against what the form showed stays as it is now.
 */
export function readPreferenceForm(body: unknown, reader: LetterReader, offer: Offer, now: number): ReadForm {
  const form = fieldsSchema.safeParse(body);
  if (!form.success) return { choices: undefined, problems: ['form'], fields: undefined, isStale: false };
  // What comes back as it was shown stays as it is, whatever this form would let anybody choose.
  const before = fieldsOf(reader, offer, now);
  // A form that was made by an earlier version does not say what it showed.
  const shown = form.data.was ?? before;
  const fields = meantFields(filledIn(form.data, shown), shown, before);
  const stale = { isStale: isStale(shown, before) };
  const problems: FormProblem[] = [];
  const problem = (kind: FormProblem) => {
    problems.push(kind);
    return undefined;
  };
  const timeZone = timeZoneOf(fields.timeZone, problem);
  const wanted = {
    frequency: isSameRhythm(fields, before) ? reader.frequency : frequencyOf(fields, reader, problem),
    pausedUntil:
      fields.pausedUntil !== '' && fields.pausedUntil === before.pausedUntil
        ? reader.pausedUntil
        : pauseOf(fields.pausedUntil, timeZone ?? offer.timeZone, now, problem),
    quietHours: quietHoursOf(fields.quietFrom, fields.quietTo, problem),
    timeZone,
    language: languageOf(fields.language, reader, offer, problem),
  };
  if (problems.length > 0) return { choices: undefined, problems, fields, ...stale };
  const topics = wishes(fields.topic, form.data.shown, reader, offer);
  return { choices: { topics, ...changesOf(reader, wanted) }, problems: [], fields, ...stale };
}

type Wanted = Pick<LetterReader, 'frequency' | 'pausedUntil' | 'quietHours' | 'timeZone' | 'language'>;

/** What of it is not so yet, null for what is taken away. */
function changesOf(reader: LetterReader, wanted: Wanted): Omit<PreferenceChoices, 'topics'> {
  const isNew = (name: keyof Wanted) => !isDeepStrictEqual(reader[name], wanted[name]);
  return {
    ...(isNew('frequency') && { frequency: wanted.frequency ?? null }),
    ...(isNew('pausedUntil') && { pausedUntil: wanted.pausedUntil ?? null }),
    ...(isNew('quietHours') && { quietHours: wanted.quietHours ?? null }),
    ...(isNew('timeZone') && { timeZone: wanted.timeZone ?? null }),
    ...(isNew('language') && { language: wanted.language ?? null }),
  };
}

/** The form with what it leaves out: what it showed. Topics that it did not show are as they were. */
function filledIn(
  { form: _form, shown, was: _was, topic, often, ...sent }: Sent,
  before: PreferenceFields,
): PreferenceFields {
  return {
    topic: [...topic, ...before.topic.filter((name) => !shown.includes(name))],
    often,
    max: sent.max ?? before.max,
    per: sent.per ?? before.per,
    pausedUntil: sent.pausedUntil ?? before.pausedUntil,
    quietFrom: sent.quietFrom ?? before.quietFrom,
    quietTo: sent.quietTo ?? before.quietTo,
    timeZone: sent.timeZone ?? before.timeZone,
    language: sent.language ?? before.language,
  };
}

function wishes(
  ticked: readonly string[],
  shown: readonly string[],
  reader: LetterReader,
  offer: Offer,
): TopicWish[] {
  const offered = new Map(offer.topics.map((topic) => [topic.name, topic]));
  const names = new Set([...reader.topics.map(({ topic }) => topic), ...offered.keys()]);
  return [...names]
    .filter((name) => shown.includes(name))
    .flatMap((name): TopicWish[] => {
      const before = reader.topics.find(({ topic }) => topic === name)?.state;
      // What stays is not said again: it could be taken back in this very moment.
      if (ticked.includes(name))
        return before === 'in' ? [] : [{ topic: name, state: 'in', wording: offered.get(name)?.wording }];
      return before === 'in' ? [{ topic: name, state: 'out' }] : [];
    });
}

type Problem = (kind: FormProblem) => undefined;

function frequencyOf(
  { often, max, per }: PreferenceFields,
  reader: LetterReader,
  problem: Problem,
): Frequency | undefined {
  switch (often) {
    case 'usual':
      return undefined;
    case 'all':
      return unlimited;
    case 'week':
    case 'month':
      return { max: 1, per: often };
    case 'important':
      // A limit beside it was set elsewhere, and stays.
      return reader.frequency?.importantOnly ? reader.frequency : onlyImportant;
    case 'own': {
      const number = /^\d{1,4}$/.test(max) ? Number(max) : 0;
      if (number < 1 || number > HIGHEST_LIMIT) return problem('max');
      return per === 'day' || per === 'week' || per === 'month' ? { max: number, per } : problem('often');
    }
  }
}

function pauseOf(text: string, zone: string, now: number, problem: Problem): number | undefined {
  if (text === '') return undefined;
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? DateTime.fromISO(text, { zone }) : undefined;
  if (day === undefined || !day.isValid) return problem('pausedUntil');
  if (day.toMillis() <= now) return problem('pausedPast');
  const longest = DateTime.fromMillis(now, { zone }).plus({ years: LONGEST_PAUSE_YEARS });
  return day > longest ? problem('pausedLong') : day.toMillis();
}

function quietHoursOf(fromText: string, toText: string, problem: Problem): QuietHours | undefined {
  if (fromText === '' && toText === '') return undefined;
  if (fromText === '' || toText === '') return problem('quietHalf');
  const from = minutes(fromText);
  const to = minutes(toText);
  if (from === undefined || to === undefined) return problem('quietTime');
  return from === to ? problem('quietEmpty') : { from, to };
}

function timeZoneOf(text: string, problem: Problem): string | undefined {
  return text === '' ? undefined : (readTimeZone(text) ?? problem('timeZone'));
}

function languageOf(text: string, reader: LetterReader, offer: Offer, problem: Problem): string | undefined {
  if (offer.languages.length === 0) return reader.language;
  if (text === languageIn(reader)) return reader.language;
  if (text === '') return undefined;
  return offer.languages.includes(text) ? text : problem('language');
}

function minutes(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(:\d\d)?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}

/** Minutes since midnight as `HH:MM`. */
function clockTime(minute: number): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
