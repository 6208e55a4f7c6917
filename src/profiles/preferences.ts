/** At most `max` letters in any window of the length `per`. */
export interface Frequency {
  readonly max: number;
  readonly per: 'day' | 'week' | 'month';
  /** Only letters of campaigns that are marked important. */
  readonly importantOnly?: true;
}

/** As many as come: a limit that nothing reaches, so that planning and claiming know one kind of limit. */
export const unlimited: Frequency = Object.freeze({ max: 1_000_000, per: 'day' });

/** Only the most important, however many those are. */
export const onlyImportant: Frequency = Object.freeze({ ...unlimited, importantOnly: true });

export const isUnlimited = (frequency: Frequency) => frequency.max >= unlimited.max;

/** Hours without letters, as minutes of the customer's own day; `from` > `to` runs over midnight. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
}

/** What a customer chose; undefined means that the default applies. */
export interface Preferences {
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string | undefined;
  readonly frequency: Frequency | undefined;
  readonly quietHours: QuietHours | undefined;
  /** No letters before this moment, ms since 1970. */
  readonly pausedUntil: number | undefined;
}

/** A change of preferences: an absent one stays, null goes back to the default. */
export type PreferencesChange = { readonly [K in keyof Preferences]?: NonNullable<Preferences[K]> | null };

export const FREQUENCY_FORM =
  "'2 per week' (a number, then per day, per week or per month), 'unlimited' or 'only important'";
export const QUIET_HOURS_FORM = "'21:00-08:00'";

/** Reads '2 per week', 'unlimited', 'only important', '1 per month, only important'; undefined for anything else. */
export function readFrequency(text: string): Frequency | undefined {
  const words = text.trim().toLowerCase().replace(/\s+/g, ' ');
  if (words === 'unlimited') return unlimited;
  if (words === 'only important') return onlyImportant;
  const match = /^([1-9]\d{0,3}) per (day|week|month)(, ?only important)?$/.exec(words);
  const per = match?.[2];
  if (per !== 'day' && per !== 'week' && per !== 'month') return undefined;
  const limit: Frequency = { max: Number(match?.[1]), per };
  return match?.[3] === undefined ? limit : { ...limit, importantOnly: true };
}

export function writeFrequency(frequency: Frequency): string {
  const { max, per, importantOnly } = frequency;
  if (isUnlimited(frequency)) return importantOnly ? 'only important' : 'unlimited';
  return `${max} per ${per}${importantOnly ? ', only important' : ''}`;
}

/** Reads '21:00-08:00'; undefined when it is not of that form or has no length. */
export function readQuietHours(text: string): QuietHours | undefined {
  const match = /^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
  if (match === null) return undefined;
  const from = minuteOfDay(match[1], match[2]);
  const to = minuteOfDay(match[3], match[4]);
  return from === undefined || to === undefined || from === to ? undefined : { from, to };
}

function minuteOfDay(hours: string | undefined, minutes: string | undefined): number | undefined {
  const hour = Number(hours);
  const minute = Number(minutes);
  if (minute > 59 || hour > 24 || (hour === 24 && minute > 0)) return undefined;
  return (hour % 24) * 60 + minute;
}

export function writeQuietHours(quiet: QuietHours): string {
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return `${clock(quiet.from)}-${clock(quiet.to)}`;
}

const zones = new Map<string, string | undefined>();

/** The zone's name as written, when this machine's tz database knows it; undefined when not. */
export function readTimeZone(text: string): string | undefined {
  const name = text.trim();
  if (zones.has(name)) return zones.get(name);
  const known = isTimeZone(name) ? name : undefined;
  if (zones.size > 2000) zones.clear();
  zones.set(name, known);
  return known;
}

/** Names only: an offset such as +02:00 says nothing about summer time. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
