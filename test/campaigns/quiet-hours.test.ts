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
