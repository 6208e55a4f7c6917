import { DateTime } from 'luxon';
import type { QuietHours } from '../profiles/preferences.ts';

/**
 * The first moment at or after `at` (ms since 1970) that is not in the quiet hours of `zone` (IANA name).
 * Days on which clocks change are the zone's own: the end is the local time `to`, however long the night was.
 */
export function afterQuietHours(at: number, quiet: QuietHours | undefined, zone: string): number {
  if (quiet === undefined || quiet.from === quiet.to) return at;
  const local = DateTime.fromMillis(at, { zone });
  const minute = local.hour * 60 + local.minute;
  const overMidnight = quiet.from > quiet.to;
  const isQuiet = overMidnight
    ? minute >= quiet.from || minute < quiet.to
    : minute >= quiet.from && minute < quiet.to;
  if (!isQuiet) return at;
  const endDay = overMidnight && minute >= quiet.from ? local.plus({ days: 1 }) : local;
  const end = endDay.set({
    hour: Math.floor(quiet.to / 60),
    minute: quiet.to % 60,
    second: 0,
    millisecond: 0,
  });
  return Math.max(end.toMillis(), at + 1);
}
