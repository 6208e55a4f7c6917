import { z } from 'zod';
import type { Frequency, QuietHours } from '../profiles/preferences.ts';
import type { LetterReader, PreferenceChoices } from './readers.ts';

const HIGHEST_LIMIT = 100;

const field = z.string().trim().max(200).default('');
const several = z
  .union([z.string().transform((one) => [one]), z.array(z.string())])
  .default([])
  .pipe(z.array(z.string().max(200)).max(500));

/** The fields of the preference form, before they are understood. */
const formSchema = z.object({
  form: z.literal('preferences'),
  shown: several,
  topic: several,
  max: field,
  per: field,
  quietFrom: field,
  quietTo: field,
});

/** A form that was understood, or sentences that say what is wrong with it. */
export type ReadForm =
  | { readonly choices: PreferenceChoices; readonly problems?: undefined }
  | { readonly choices?: undefined; readonly problems: readonly string[] };

/**
 * Understands the preference form. Only topics that the page showed and that the reader has are touched:
 * an unticked one is out.
 */
export function readPreferenceForm(body: unknown, reader: LetterReader): ReadForm {
  const form = formSchema.safeParse(body);
  if (!form.success) return { problems: ['The form did not arrive whole. Please send it again.'] };
  const problems: string[] = [];
  const problem = (text: string) => {
    problems.push(text);
    return undefined;
  };
  const frequency = readFrequency(form.data.max, form.data.per, problem);
  const quietHours = readQuietHours(form.data.quietFrom, form.data.quietTo, problem);
  if (problems.length > 0) return { problems };
  const topics = reader.topics
    .filter(({ topic }) => form.data.shown.includes(topic))
    .map(({ topic }) => ({
      topic,
      state: form.data.topic.includes(topic) ? ('in' as const) : ('out' as const),
    }));
  return { choices: { topics, frequency, quietHours } };
}

type Problem = (text: string) => undefined;

function readFrequency(max: string, per: string, problem: Problem): Frequency | undefined {
  if (max === '') return undefined;
  const number = /^\d{1,4}$/.test(max) ? Number(max) : 0;
  if (number < 1 || number > HIGHEST_LIMIT) {
    return problem(`The number of letters must be from 1 to ${HIGHEST_LIMIT}, or empty.`);
  }
  if (per === 'day' || per === 'week' || per === 'month') return { max: number, per };
  return problem('Choose whether the number is per day, week or month.');
}

function readQuietHours(fromText: string, toText: string, problem: Problem): QuietHours | undefined {
  if (fromText === '' && toText === '') return undefined;
  if (fromText === '' || toText === '') return problem('Quiet hours need a beginning and an end.');
  const from = minutes(fromText);
  const to = minutes(toText);
  if (from === undefined || to === undefined) return problem('Quiet hours must be times such as 21:30.');
  return from === to ? problem('Quiet hours must not begin and end at the same time.') : { from, to };
}

function minutes(text: string): number | undefined {
  const match = /^([01]\d|2[0-3]):([0-5]\d)(:\d\d)?$/.exec(text);
  return match === null ? undefined : Number(match[1]) * 60 + Number(match[2]);
}

/** Minutes since midnight as `HH:MM`. */
export function clockTime(minute: number): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
