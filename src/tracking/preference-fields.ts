import { z } from 'zod';

export const LONGEST_FIELD = 200;
const LONGEST_SHOWN = 50_000;

/** How often letters may come, as the page offers it; `own` is a number for a time. */
export const rhythms = ['usual', 'all', 'week', 'month', 'important', 'own'] as const;
export type Rhythm = (typeof rhythms)[number];

const text = z.string();
const preferenceFields = z.object({
  topic: z.array(text),
  often: z.enum(rhythms),
  max: text,
  per: text,
  pausedUntil: text,
  quietFrom: text,
  quietTo: text,
  timeZone: text,
  language: text,
});

/** What stands in the preference form: topics that are ticked, and what is chosen. */
export type PreferenceFields = Readonly<z.output<typeof preferenceFields>>;

/** The form carries what it showed, so that only what the reader changed counts when it comes back. */
export const shownField = z
  .string()
  .max(LONGEST_SHOWN)
  .transform((json, problem) => {
    const fields = preferenceFields.safeParse(parsed(json));
    if (fields.success) return fields.data;
    problem.addIssue('it is no form');
    return z.NEVER;
  })
  .optional();

/** See `shownField`. */
export const writeShown = (fields: PreferenceFields): string => JSON.stringify(fields);

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * What the reader means by a form that was made some time ago: what they changed in it, and for the rest what holds
 * now. A tick that was there already, and that was taken back meanwhile elsewhere, is no new yes.
 */
export function meantFields(
  sent: PreferenceFields,
  shown: PreferenceFields,
  now: PreferenceFields,
): PreferenceFields {
  const kept = (...names: (keyof PreferenceFields)[]) =>
    names.every((name) => sent[name] === shown[name]) ? now : sent;
  const rhythm = isSameRhythm(sent, shown) ? now : sent;
  const quiet = kept('quietFrom', 'quietTo');
  const isMeant = (topic: string) =>
    (sent.topic.includes(topic) === shown.topic.includes(topic) ? now : sent).topic.includes(topic);
  return {
    topic: [...new Set([...sent.topic, ...now.topic])].filter(isMeant),
    often: rhythm.often,
    max: rhythm.max,
    per: rhythm.per,
    pausedUntil: kept('pausedUntil').pausedUntil,
    quietFrom: quiet.quietFrom,
    quietTo: quiet.quietTo,
    timeZone: kept('timeZone').timeZone,
    language: kept('language').language,
  };
}

/** Whether two forms ask for letters equally often. */
export function isSameRhythm(one: PreferenceFields, other: PreferenceFields): boolean {
  return (
    one.often === other.often && (one.often !== 'own' || (one.max === other.max && one.per === other.per))
  );
}

/** Whether something was changed elsewhere since the form was made. */
export function isStale(shown: PreferenceFields, now: PreferenceFields): boolean {
  const { topic: before, ...others } = shown;
  const isSame = (name: keyof typeof others) => others[name] === now[name];
  const names = ['pausedUntil', 'quietFrom', 'quietTo', 'timeZone', 'language'] as const;
  return (
    before.length !== now.topic.length ||
    !before.every((topic) => now.topic.includes(topic)) ||
    !isSameRhythm(shown, now) ||
    !names.every(isSame)
  );
}
