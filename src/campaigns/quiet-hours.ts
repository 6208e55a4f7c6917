import { Info, type Zone } from 'luxon';
import type { QuietHours } from '../profiles/preferences.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
/** More than a night and whatever a clock may be changed by lie within it, so that one change at most counts. */
const NEAR = 50 * 60 * MINUTE;

/**
 * The first moment at or after `at` (ms since 1970) that is not in the quiet hours of `zone` (IANA name). They go by
 * the clock on the wall there. Where it is changed, a night begins as soon as its clock has come to `from`, or passed
 * over it, and ends when it has come to `to` for the last time.
 */
export function afterQuietHours(at: number, quiet: QuietHours | undefined, zone: string): number {
  if (quiet === undefined || quiet.from === quiet.to) return at;
  const clock = clockOf(at, zone);
  if (clock === undefined) return at;
  const { from, to } = quiet;
  const today = Math.floor((at + (at < clock.changed ? clock.before : clock.after)) / DAY) * DAY;
  for (const day of [today - DAY, today, today + DAY]) {
    const begins = firstAt(day + from * MINUTE, clock);
    const ends = lastAt((from > to ? day + DAY : day) + to * MINUTE, clock);
    // Where a clock is changed one night may run into the next.
    if (begins <= at && at < ends) return afterQuietHours(ends, quiet, zone);
  }
  return at;
}

/** How far a clock is ahead of UTC (ms), before and after `changed`, the one change near a moment. */
interface Clock {
  readonly before: number;
  readonly after: number;
  readonly changed: number;
}

const MOST_CLOCKS = 2000;
const clocks = new Map<string, Clock>();

/** The clock of the day that holds the moment, kept for all letters of that day; undefined when nobody knows the zone. */
function clockOf(at: number, zone: string): Clock | undefined {
  const day = Math.floor(at / DAY);
  const key = `${day} ${zone}`;
  const kept = clocks.get(key);
  if (kept !== undefined) return kept;
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  const clock = clockBetween(day * DAY - NEAR, (day + 1) * DAY + NEAR, Info.normalizeZone(zone));
  if (clock !== undefined) clocks.set(key, clock);
  return clock;
}

function clockBetween(from: number, until: number, zone: Zone): Clock | undefined {
  if (!zone.isValid) return undefined;
  const offsetAt = (moment: number) => zone.offset(moment) * MINUTE;
  const [before, after] = [offsetAt(from), offsetAt(until)];
  if (before === after) return { before, after, changed: Number.POSITIVE_INFINITY };
  // Clocks are changed on whole minutes.
  let [low, high] = [from / MINUTE, until / MINUTE];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * MINUTE) === before) low = middle;
    else high = middle;
  }
  return { before, after, changed: high * MINUTE };
}

/** The first moment at which the clock shows `wall` (ms as if it were UTC) or later. */
function firstAt(wall: number, { before, after, changed }: Clock): number {
  return wall - before < changed ? wall - before : Math.max(changed, wall - after);
}

/** The moment from which on the clock shows nothing before `wall`. */
function lastAt(wall: number, { before, after, changed }: Clock): number {
  return wall - after > changed ? wall - after : Math.min(changed, wall - before);
}
