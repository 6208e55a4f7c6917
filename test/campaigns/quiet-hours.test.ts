import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, test } from 'vitest';
import { afterQuietHours } from '../../src/campaigns/quiet-hours.ts';

const night = { from: 21 * 60, to: 8 * 60 };
const at = (iso: string, zone = 'Europe/Berlin') => DateTime.fromISO(iso, { zone }).toMillis();

test('lets letters go by day', () => {
  expect(afterQuietHours(at('2026-03-01T12:00'), night, 'Europe/Berlin')).toBe(at('2026-03-01T12:00'));
});

test.each([
  ['2026-03-01T21:00', '2026-03-02T08:00'],
  ['2026-03-01T23:59', '2026-03-02T08:00'],
  ['2026-03-02T07:59', '2026-03-02T08:00'],
  ['2026-03-28T22:00', '2026-03-29T08:00'], // the clock goes forward in this night
  ['2026-10-24T22:00', '2026-10-25T08:00'], // and back in this one
])('%s waits until %s', (start, end) => {
  expect(afterQuietHours(at(start), night, 'Europe/Berlin')).toBe(at(end));
});

test('looks at the customer’s own clock', () => {
  const moment = at('2026-03-01T12:00', 'UTC');
  expect(afterQuietHours(moment, night, 'Europe/London')).toBe(moment);
  expect(afterQuietHours(moment, night, 'Asia/Tokyo')).toBe(at('2026-03-02T08:00', 'Asia/Tokyo'));
});

test('quiet hours within one day', () => {
  const noon = { from: 12 * 60, to: 14 * 60 };
  expect(afterQuietHours(at('2026-03-01T13:00'), noon, 'Europe/Berlin')).toBe(at('2026-03-01T14:00'));
  expect(afterQuietHours(at('2026-03-01T14:00'), noon, 'Europe/Berlin')).toBe(at('2026-03-01T14:00'));
});

test('never goes back, and asking again changes nothing', () => {
  const minutes = fc.integer({ min: 0, max: 1439 });
  const zones = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/St_Johns',
    'Pacific/Auckland',
    'Asia/Kathmandu',
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1.6e12, max: 1.9e12 }),
      minutes,
      minutes,
      zones,
      (moment, from, to, zone) => {
        const once = afterQuietHours(moment, { from, to }, zone);
        expect(once).toBeGreaterThanOrEqual(moment);
        expect(afterQuietHours(once, { from, to }, zone)).toBe(once);
      },
    ),
  );
});

const clock = (hour: number, minute: number) => hour * 60 + minute;
const utc = (iso: string) => Date.parse(`${iso}Z`);

test.each([
  // 02:30 is skipped: the quiet hours end, or begin, when it is.
  ['2026-03-28T22:00', clock(22, 0), clock(2, 30), '2026-03-29T01:00'],
  ['2026-03-29T01:00', clock(2, 30), clock(8, 0), '2026-03-29T06:00'],
  ['2026-03-29T00:59', clock(2, 30), clock(8, 0), '2026-03-29T00:59'],
  // 02:30 comes twice: they begin with the first, end with the second, and have no gap.
  ['2026-10-24T22:00', clock(22, 0), clock(2, 30), '2026-10-25T01:30'],
  ['2026-10-25T00:40', clock(22, 0), clock(2, 30), '2026-10-25T01:30'],
  ['2026-10-25T00:29', clock(2, 30), clock(8, 0), '2026-10-25T00:29'],
  ['2026-10-25T00:30', clock(2, 30), clock(8, 0), '2026-10-25T07:00'],
  ['2026-10-25T01:10', clock(2, 30), clock(8, 0), '2026-10-25T07:00'],
])('in Berlin, where the clock changes, %s UTC with %i-%i waits until %s', (start, from, to, end) => {
  expect(afterQuietHours(utc(start), { from, to }, 'Europe/Berlin')).toBe(utc(end));
});

/** Days on which clocks change: by half an hour, by two, at midnight, by a whole day. */
const changes: readonly [string, string][] = [
  ['Europe/Berlin', '2026-03-29'],
  ['Europe/Berlin', '2026-10-25'],
  ['Australia/Lord_Howe', '2026-04-05'],
  ['Australia/Lord_Howe', '2026-10-04'],
  ['America/Havana', '2026-03-08'],
  ['America/Havana', '2026-11-01'],
  ['Atlantic/Azores', '2026-03-29'],
  ['Atlantic/Azores', '2026-10-25'],
  ['Pacific/Apia', '2011-12-30'],
  ['Pacific/Apia', '2012-04-01'],
  ['America/Sao_Paulo', '2018-02-18'],
  ['America/Sao_Paulo', '2018-11-04'],
  ['Antarctica/Troll', '2026-03-29'],
  ['Antarctica/Troll', '2026-10-25'],
  ['Asia/Kathmandu', '2026-06-01'],
];
const MINUTE = 60_000;
const DAY = 1440;

/** What the clock on the wall says in each minute round a change, in minutes since 1970. */
function wallsAround([zone, date]: readonly [string, string]): { start: number; walls: number[] } {
  const start = utc(`${date}T00:00`) / MINUTE - 4 * DAY;
  const walls = Array.from({ length: 8 * DAY }, (_, index) => {
    const at = start + index;
    return at + DateTime.fromMillis(at * MINUTE, { zone }).offset;
  });
  return { start, walls };
}

/** Which of those minutes are quiet: of each night all from the first that reaches its beginning to the last before its end. */
function quietMinutes(walls: readonly number[], from: number, to: number): boolean[] {
  const quiet = walls.map(() => false);
  const [first = 0, last = 0] = [walls[0], walls.at(-1)];
  for (let day = Math.floor(first / DAY) - 1; day <= last / DAY; day += 1) {
    const begins = walls.findIndex((wall) => wall >= day * DAY + from);
    const ends = 1 + walls.findLastIndex((wall) => wall < (from > to ? day + 1 : day) * DAY + to);
    if (begins >= 0) quiet.fill(true, begins, Math.max(begins, ends));
  }
  return quiet;
}

test('end where the clock says so, wherever and however it is changed', () => {
  const known = changes.map((change) => ({ change, ...wallsAround(change) }));
  const minutes = fc.oneof(
    fc.constantFrom(0, 15, 30, 60, 90, 105, 120, 135, 150, 180, 1380, 1410, 1439),
    fc.integer({ min: 0, max: 1439 }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      fc.integer({ min: 2 * DAY, max: 6 * DAY }),
      fc.integer({ min: 0, max: MINUTE - 1 }),
      minutes,
      minutes,
      ({ change: [zone], start, walls }, index, rest, from, to) => {
        const at = (start + index) * MINUTE + rest;
        const quiet = from === to ? walls.map(() => false) : quietMinutes(walls, from, to);
        const next = quiet.indexOf(false, index);
        const expected = next === index ? at : (start + next) * MINUTE;
        expect(afterQuietHours(at, { from, to }, zone)).toBe(expected);
      },
    ),
    { numRuns: 3000 },
  );
});

test('a zone that nobody knows holds no letter back', () => {
  const moment = utc('2026-03-01T23:00');
  expect(afterQuietHours(moment, night, 'Nowhere/At_All')).toBe(moment);
});
