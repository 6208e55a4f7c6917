import { DateTime, type DurationUnit } from 'luxon';

/** A stretch of time in ms since 1970 UTC: `from` belongs to it, `until` does not. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const UNIT = '(day|week|month|quarter|year)';
const NAMED = new RegExp(`^(this|last|next) ${UNIT}$`);
const SEVERAL = new RegExp(`^(last|next) ([1-9][0-9]{0,2}) ${UNIT}s$`);
const DAYS = new Map([
  ['today', 0],
  ['yesterday', -1],
  ['tomorrow', 1],
]);
const YEAR = /^(\d{4})$/;
const QUARTER = /^(\d{4})-Q([1-4])$/;
const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;

/** How periods are written, for messages. */
export const PERIOD_FORM =
  "must be a period such as 'this month', 'last week', 'last 3 months', 'yesterday', '2011', '2011-Q3', '2011-09' or '2011-09-30'";

/** Whether `text` can be read by {@link periodOf}. */
export function isPeriod(text: string): boolean {
  if (DAYS.has(text) || NAMED.test(text) || SEVERAL.test(text)) return true;
  return YEAR.test(text) || QUARTER.test(text) || MONTH.test(text) || isDay(text);
}

/** Whether `text` is a day of the calendar, 2011-09-30. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'UTC' }).isValid;
}

/** Whether `name` is a time zone of the IANA database. */
export function isZone(name: string): boolean {
  return name.length > 0 && name.length < 60 && DateTime.fromMillis(0, { zone: name }).isValid;
}

/**
 * The span of a period of the calendar in `zone`; days are as long as the zone's clock makes them, weeks begin on
 * Monday. `last 3 months` are the three before this one, whole.
 * @param now ms since 1970 UTC
 */
export function periodOf(text: string, now: number, zone: string): Span {
  const local = DateTime.fromMillis(now, { zone });
  const day = DAYS.get(text);
  if (day !== undefined) return unitsFrom(local.startOf('day').plus({ days: day }), 1, 'day');
  const [, which, unit] = NAMED.exec(text) ?? [];
  if (which !== undefined && isUnit(unit)) {
    const steps = which === 'this' ? 0 : which === 'last' ? -1 : 1;
    return unitsFrom(local.startOf(unit).plus({ [unit]: steps }), 1, unit);
  }
  const [, side, count, several] = SEVERAL.exec(text) ?? [];
  if (side !== undefined && isUnit(several)) {
    const steps = side === 'last' ? -Number(count) : 1;
    return unitsFrom(local.startOf(several).plus({ [several]: steps }), Number(count), several);
  }
  return datedPeriod(text, zone);
}

function datedPeriod(text: string, zone: string): Span {
  const [, year] = YEAR.exec(text) ?? [];
  if (year !== undefined) return unitsFrom(DateTime.fromObject({ year: Number(year) }, { zone }), 1, 'year');
  const [, ofYear, quarter] = QUARTER.exec(text) ?? [];
  if (ofYear !== undefined) {
    const month = 3 * Number(quarter) - 2;
    return unitsFrom(DateTime.fromObject({ year: Number(ofYear), month }, { zone }), 1, 'quarter');
  }
  if (MONTH.test(text)) return unitsFrom(DateTime.fromISO(`${text}-01`, { zone }), 1, 'month');
  return dayOf(text, zone);
}

/** The span of a day of the calendar. */
export const dayOf = (text: string, zone: string) => unitsFrom(DateTime.fromISO(text, { zone }), 1, 'day');

/** The first day of the calendar in `zone` that begins at or after a moment (ms), 2011-09-30; undefined far away. */
export function firstDayFrom(at: number, zone: string): string | undefined {
  const local = DateTime.fromMillis(at, { zone });
  const start = startOf(local, 'day');
  const day = start.toMillis() === at ? start : start.plus({ days: 1 });
  const text = day.toISODate();
  return text === null || !/^\d{4}-/.test(text) ? undefined : text;
}

/** Starts are taken anew after each step: at midnight a clock may be set forward, and then no midnight is. */
function unitsFrom(start: DateTime, count: number, unit: CalendarUnit): Span {
  const from = startOf(start, unit);
  return { from: from.toMillis(), until: startOf(from.plus({ [unit]: count }), unit).toMillis() };
}

/** The longest step that a clock is set back. */
const LONGEST_STEP = { hours: 3 };

/** Where a unit begins, the first time that its midnight comes: where a clock is set back to midnight it comes twice. */
function startOf(moment: DateTime, unit: CalendarUnit): DateTime {
  const start = moment.startOf(unit);
  const setBack = start.minus(LONGEST_STEP).offset - start.offset;
  if (setBack <= 0) return start;
  const first = start.minus({ minutes: setBack });
  return first.hasSame(start, 'day') ? first : start;
}

type CalendarUnit = Extract<DurationUnit, 'day' | 'week' | 'month' | 'quarter' | 'year'>;
const units: readonly CalendarUnit[] = ['day', 'week', 'month', 'quarter', 'year'];
const isUnit = (text: string | undefined): text is CalendarUnit => units.some((unit) => unit === text);
