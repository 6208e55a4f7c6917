const LONG_MONTHS = '(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])';
const SHORT_MONTHS = '(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)';
const LEAP_YEAR = '(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)';
const DAY = `(?:[0-9]{4}-(?:${LONG_MONTHS}|${SHORT_MONTHS}|02-(?:0[1-9]|1[0-9]|2[0-8]))|${LEAP_YEAR}-02-29)`;
const TIME = '(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]+)?)?';
const OFFSET = '[+-](?:0[0-9]|1[0-4]):?[0-5][0-9]';

/** Patterns that mean the same in JavaScript and in PostgreSQL: a day there is, and a time of such a day. */
export const DAY_PATTERN = `^${DAY}$`;
export const INSTANT_PATTERN = `^${DAY}T${TIME}(?:Z|${OFFSET})?$`;
export const OFFSET_PATTERN = `${OFFSET}$`;

/** So long is a text that is a day alone. */
export const DAY_LENGTH = 10;
/** So long is an instant down to its minute. Offsets are whole minutes, so that what comes behind it never changes. */
export const MINUTE_LENGTH = 16;
/** In these years offsets are not looked at: the moment in UTC might be of a year that cannot be written. */
export const OUTER_YEARS: readonly string[] = ['0000', '0001', '9999'];
/** More than any offset, in ms. */
export const MOST_OFFSET = 86_400_000;

const day = new RegExp(DAY_PATTERN);
const instant = new RegExp(INSTANT_PATTERN);
const offset = new RegExp(OFFSET_PATTERN);

/** Whether a text is a day that the calendar has, `2026-11-30`. */
export const isDayText = (text: string) => text.length === DAY_LENGTH && day.test(text);

/**
 * A text such as `2026-11-30T08:00:00Z`, with an offset in the place of the Z, or with neither, which means UTC, as
 * one that sorts by its moment; undefined when it is no instant.
 */
export function utcText(text: string): string | undefined {
  if (!instant.test(text)) return undefined;
  const [given] = offset.exec(text) ?? [];
  if (given === undefined) return text.replace(/Z$/, '');
  const local = text.slice(0, -given.length);
  if (OUTER_YEARS.includes(text.slice(0, 4))) return local;
  const minutes = Number(given.slice(1, 3)) * 60 + Number(given.slice(-2));
  const ahead = (given.startsWith('-') ? -minutes : minutes) * 60_000;
  const at = new Date(Date.parse(`${local.slice(0, MINUTE_LENGTH)}Z`) - ahead);
  return at.toISOString().slice(0, MINUTE_LENGTH) + local.slice(MINUTE_LENGTH);
}
