import { z } from 'zod';
import { parseDuration } from '../duration.ts';
import { dayOf, isDay, isPeriod, isZone, PERIOD_FORM, periodOf, type Span } from './calendar.ts';

const RELATIVE = /^(?:(\d+[mhdw]) ago|in (\d+[mhdw]))$/;
const instant = z.iso.datetime({ offset: true });

/** Whether `text` can be read by {@link momentOf}. */
export function isMoment(text: string): boolean {
  if (isDay(text)) return true;
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
 * The span that a moment covers: a day (`2011-09-30`) from its midnight to the next in `zone`, an instant
 * (`2011-09-30T12:00:00Z`, or with an offset) and a moment relative to `now` (`30d ago`, `in 2w`) one millisecond.
 */
export function momentOf(text: string, now: number, zone: string): Span {
  const [, ago, ahead] = RELATIVE.exec(text) ?? [];
  if (ago !== undefined) return millisecond(now - parseDuration(ago));
  if (ahead !== undefined) return millisecond(now + parseDuration(ahead));
  return isDay(text) ? dayOf(text, zone) : millisecond(Date.parse(text));
}

const millisecond = (at: number): Span => ({ from: at, until: at + 1 });

const duration = z
  .string({ error: 'must be a duration such as 30d' })
  .refine(isDuration, { error: 'must be a duration such as 90m, 12h, 30d or 2w' });
const MOMENT = "must be a day (2011-09-30), an instant (2011-09-30T12:00:00Z), '30d ago' or 'in 30d'";
const moment = z.string({ error: MOMENT }).refine(isMoment, { error: MOMENT });
const ZONE = "must be a time zone such as 'Europe/Berlin'";

/** What a rule can say about time. Everything it says must hold. */
export const windowWords = {
  within: duration.optional(),
  before: moment.optional(),
  after: moment.optional(),
  between: z.tuple([moment, moment], { error: 'must be a list of two moments' }).optional(),
  during: z.string({ error: PERIOD_FORM }).refine(isPeriod, { error: PERIOD_FORM }).optional(),
};
/** The zone that days and periods of a rule are meant in. */
export const zone = z.string({ error: ZONE }).refine(isZone, { error: ZONE }).optional();

const TimesSchema = z.object({ ...windowWords, zone });
export type Times = z.output<typeof TimesSchema>;

/** The moment that a rule is evaluated at, in ms since 1970 UTC, and the zone where a rule names none. */
export interface AsOf {
  readonly now: number;
  readonly zone: string;
}

/**
 * The span that all of `times` leave: `within 90d` is later than 90 days before `now` and not later than `now`;
 * `before` a day ends at its start, `after` begins at its end, `between` includes both.
 * Unbounded sides are infinite.
 */
export function spanOf(times: Times, { now, zone: usual }: AsOf): Span {
  const { within, before, after, between, during, zone = usual } = times;
  const from = [Number.NEGATIVE_INFINITY];
  const until = [Number.POSITIVE_INFINITY];
  if (within !== undefined) {
    from.push(now - parseDuration(within) + 1);
    until.push(now + 1);
  }
  if (before !== undefined) until.push(momentOf(before, now, zone).from);
  if (after !== undefined) from.push(momentOf(after, now, zone).until);
  if (between !== undefined) {
    from.push(momentOf(between[0], now, zone).from);
    until.push(momentOf(between[1], now, zone).until);
  }
  if (during !== undefined) {
    const period = periodOf(during, now, zone);
    from.push(period.from);
    until.push(period.until);
  }
  return { from: Math.max(...from), until: Math.min(...until) };
}
