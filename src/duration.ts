import { DearError } from './errors.ts';

const MINUTE = 60_000;
const UNITS = new Map([
  ['m', MINUTE],
  ['h', 60 * MINUTE],
  ['d', 24 * 60 * MINUTE],
  ['w', 7 * 24 * 60 * MINUTE],
]);

/** A hundred years: whatever is longer is a slip of the finger. */
const LONGEST = 36_525 * 24 * 60 * MINUTE;

/**
 * Reads a duration as people write it in our files: a whole number and m, h, d or w (`90m`, `12h`, `30d`, `2w`).
 * A day is always 24 hours.
 * @returns milliseconds.
 * @throws DearError `duration.invalid` when the text is none, is zero, or is longer than a hundred years.
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = /^(\d{1,9})([mhdw])$/.exec(text) ?? [];
  const length = Number(digits) * (UNITS.get(unit ?? '') ?? Number.NaN);
  if (length > 0 && length <= LONGEST) return length;
  throw new DearError('duration.invalid', `${JSON.stringify(text.slice(0, 40))} is no duration.`, {
    kind: 'usage',
    mend: 'Write a whole number and m (minutes), h (hours), d (days) or w (weeks): 90m, 12h, 30d, 2w.',
  });
}
