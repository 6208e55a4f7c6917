import { DateTime } from 'luxon';

/** How dates without a zone are to be read. */
export interface DateReading {
  /** IANA name of the zone that dates without an offset are in. */
  readonly timeZone: string;
  /** luxon format for dates that are neither ISO 8601 nor a number, such as 'dd.MM.yyyy HH:mm'. */
  readonly format?: string | undefined;
  /** ms since 1970 between which a moment is believed; others than `wrongMoment` has by itself. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** No shop had events in a database before, and 1970 is what an empty date becomes. */
const EARLIEST = Date.UTC(1990, 0, 1);
/** Clocks differ, and zones are mistaken; more than a day ahead is no event that happened. */
const FUTURE_MS = 86_400_000;

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s?(Z|z|[+-]\d\d:?\d\d)?$/;

/**
 * Reads a moment: ISO 8601 (with a space or a T), seconds or milliseconds since 1970, or the given format.
 * Nothing else is guessed: 03/04/2024 needs a format. @returns ms since 1970, or undefined
 */
export function readTime(value: unknown, reading: DateReading): number | undefined {
  if (typeof value === 'number') return fromEpoch(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (text === '') return undefined;
  if (reading.format !== undefined)
    return millis(DateTime.fromFormat(text, reading.format, { zone: reading.timeZone }));
  const plain = fromPlainIso(text);
  if (plain !== undefined) return plain;
  const match = ISO.exec(text);
  if (match !== null) return fromIso(match, reading.timeZone);
  if (/^\d{9,13}(\.\d+)?$/.test(text)) return fromEpoch(Number(text));
  // Less than a whole date would be completed with today's.
  const isIso = /^\d{4}-?[W\d]/.test(text) && text.length >= 8;
  return (
    (isIso ? millis(DateTime.fromISO(text, { zone: reading.timeZone })) : undefined) ??
    millis(DateTime.fromRFC2822(text))
  );
}

/** Up to 11 digits are seconds (until the year 5138), more are milliseconds. */
function fromEpoch(value: number): number | undefined {
  if (!Number.isFinite(value) || value < 0 || value > 8.64e15) return undefined;
  return Math.round(value < 1e11 ? value * 1000 : value);
}

/**
 * `2026-11-24T10:00:00Z`, with milliseconds or without, of a day that every month has: what nearly all files hold, in
 * a tenth of the time that the pattern takes. undefined: the pattern has to see it.
 */
function fromPlainIso(text: string): number | undefined {
  const hasMillis = text.length === 24;
  if (!(hasMillis || text.length === 20) || text.charCodeAt(text.length - 1) !== Z) return undefined;
  if (text.charCodeAt(4) !== HYPHEN || text.charCodeAt(7) !== HYPHEN || text.charCodeAt(10) !== T)
    return undefined;
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined;
  if (hasMillis && text.charCodeAt(19) !== POINT) return undefined;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  const [hour, minute, second] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)];
  const fraction = hasMillis ? twoDigits(text, 20) * 10 + (twoDigits(text, 21) % 10) : 0;
  const isPlain = year >= 1000 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
  if (!isPlain || !(hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0)) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second, fraction);
}

const [Z, HYPHEN, T, COLON, POINT, ZERO] = [90, 45, 84, 58, 46, 48];

/** The number that two digits write; NaN when they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO;
  const ones = text.charCodeAt(at + 1) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function fromIso(match: RegExpExecArray, zone: string): number | undefined {
  const part = (group: number) => Number(match[group] ?? 0);
  const [month, day, hour, minute, second] = [part(2), part(3), part(4), part(5), part(6)];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = match[7] === undefined ? 0 : Math.floor(Number(`0.${match[7]}`) * 1000);
  const wall = Date.UTC(part(1), month - 1, day, hour, minute, second, fraction);
  // A day that the month does not have is another month's.
  if (day < 1 || (day > 28 && new Date(wall).getUTCMonth() !== month - 1)) return undefined;
  const offset = match[8];
  return offset === undefined ? wall - offsetAt(wall, zone) : wall - offsetOf(offset);
}

function offsetOf(text: string): number {
  if (text === 'Z' || text === 'z') return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return (text.startsWith('-') ? -minutes : minutes) * 60_000;
}

const QUARTER = 900_000;
const offsets = new Map<string, Map<number, number>>();

/** The zone's offset at a wall-clock time, in ms; clocks change at quarters of an hour at the finest. */
function offsetAt(wall: number, zone: string): number {
  if (zone === 'UTC') return 0;
  let known = offsets.get(zone);
  if (known === undefined || known.size > 50_000) {
    known = new Map();
    offsets.set(zone, known);
  }
  const quarter = Math.floor(wall / QUARTER);
  const kept = known.get(quarter);
  if (kept !== undefined) return kept;
  const local = DateTime.fromMillis(wall, { zone: 'UTC' }).setZone(zone, { keepLocalTime: true });
  const offset = local.offset * 60_000;
  known.set(quarter, offset);
  return offset;
}

function millis(time: DateTime): number | undefined {
  return time.isValid ? time.toMillis() : undefined;
}

/** Why an event cannot have happened at `at`, or undefined when it can; `within` says what else is believed. */
export function wrongMoment(
  at: number,
  now: number,
  within: Pick<DateReading, 'from' | 'until'> = {},
): string | undefined {
  const { from, until } = within;
  if (at < (from ?? EARLIEST)) return `its time is before ${from === undefined ? '1990' : dayOf(from)}`;
  if (until === undefined)
    return at > now + FUTURE_MS ? 'its time is more than a day in the future' : undefined;
  return at >= until ? `its time is not before ${dayOf(until)}` : undefined;
}

const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
