import { z } from 'zod';
import { parseDuration } from '../duration.ts';

/** A stretch of time in ms since 1970 UTC: `from` belongs to it, `until` does not. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const DAY = 86_400_000;
const RELATIVE = /^(?:(\d+[mhdw]) ago|in (\d+[mhdw]))$/;
const day = z.iso.date();
const instant = z.iso.datetime({ offset: true });

/** Whether `text` can be read by {@link momentOf}. */
export function isMoment(text: string): boolean {
  if (day.safeParse(text).success) return true;
  if (instant.safeParse(text).success) return Number.isFinite(Date.parse(text));
  const [, ago, ahead] = RELATIVE.exec(text) ?? [];
  return isDuration(ago ?? ahead ?? '');
}

/** Whether `text` is a duration such as 30d. */
export function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}

/**
 * The span that a moment covers: a day (`2011-09-30`) from its midnight to the next in UTC, an instant
 * (`2011-09-30T12:00:00Z`, or with an offset) and a moment relative to `now` (`30d ago`, `in 2w`) one millisecond.
 */
export function momentOf(text: string, now: number): Span {
  const [, ago, ahead] = RELATIVE.exec(text) ?? [];
  if (ago !== undefined) return millisecond(now - parseDuration(ago));
  if (ahead !== undefined) return millisecond(now + parseDuration(ahead));
  const from = Date.parse(text);
  return day.safeParse(text).success ? { from, until: from + DAY } : millisecond(from);
}

const millisecond = (at: number): Span => ({ from: at, until: at + 1 });

/** What a rule can say about time. Everything it says must hold. */
export interface Times {
  readonly within?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly between?: readonly [string, string] | undefined;
}

/**
 * The span that all of `times` leave: `within 90d` is later than 90 days before `now` and not later than `now`;
 * `before` a day ends at its start, `after` begins at its end, `between` includes both.
 * Unbounded sides are infinite.
 */
export function spanOf(times: Times, now: number): Span {
  const from = [Number.NEGATIVE_INFINITY];
  const until = [Number.POSITIVE_INFINITY];
  if (times.within !== undefined) {
    from.push(now - parseDuration(times.within) + 1);
    until.push(now + 1);
  }
  if (times.before !== undefined) until.push(momentOf(times.before, now).from);
  if (times.after !== undefined) from.push(momentOf(times.after, now).until);
  if (times.between !== undefined) {
    from.push(momentOf(times.between[0], now).from);
    until.push(momentOf(times.between[1], now).until);
  }
  return { from: Math.max(...from), until: Math.min(...until) };
}
