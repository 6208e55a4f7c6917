import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inWords, parseRetention } from '../../src/profiles/retention.ts';

const DAY = 86_400_000;

describe('RETENTION', () => {
  test('says how long each type is kept, and * the others', () => {
    const retention = parseRetention('view=90d; opened=2y, page view=4w; arrivals=30d;*=5y; order=forever');
    expect(retention.ofEvents('view')).toBe(90 * DAY);
    expect(retention.ofEvents('opened')).toBe(730 * DAY);
    expect(retention.ofEvents('page view')).toBe(28 * DAY);
    expect(retention.ofEvents('ticket')).toBe(1825 * DAY);
    expect(retention.ofEvents('order')).toBeUndefined();
    expect(retention.arrivals).toBe(30 * DAY);
    expect(retention.audit).toBeUndefined();
    expect(retention.ofEvents('arrivals')).toBe(1825 * DAY);
  });

  test('keeps arrivals for 90 days and all else for ever when nothing is said', () => {
    const retention = parseRetention(undefined);
    expect(retention.arrivals).toBe(90 * DAY);
    expect(retention.ofEvents('view')).toBeUndefined();
    expect(retention.tooOld('view', 0, Date.now())).toBeUndefined();
    expect(parseRetention('arrivals=forever').arrivals).toBeUndefined();
    // A name of JavaScript's own is an event type like any other.
    expect(parseRetention('view=1d').ofEvents('constructor')).toBeUndefined();
  });

  test.each([
    ['view', 'no pair'],
    ['view=', 'is no period'],
    ['view=90', 'is no period'],
    ['order=1y; view=0d', "RETENTION .* 'view=0d' .*no time at all"],
    ['audit=0d', "'audit=0d' .*no time at all"],
    ['view=0y', 'no time at all'],
    ['view=99999999d', "RETENTION .* 'view=99999999d' .*longer than a hundred years"],
    [`view=${'9'.repeat(400)}w`, 'longer than a hundred years'],
    ['view=101y', 'longer than a hundred years'],
    ['view=2h', 'is no period'],
    ['view=1y; view=2y', 'stands there twice'],
    ['=1y', 'no pair'],
  ])('%j is refused with a reason', (text, why) => {
    expect(() => parseRetention(text)).toThrow(new RegExp(why));
    expect(() => parseRetention(text)).toThrow(
      expect.objectContaining({
        code: 'retention.invalid',
        mend: expect.not.stringMatching(/hours|minutes/),
      }),
    );
  });

  test('an event is refused exactly when its age is over the period', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: -5000, max: 5000 }), (days, off) => {
        const now = Date.UTC(2026, 10, 24);
        const { tooOld } = parseRetention(`view=${days}d`);
        const at = now - days * DAY - off;
        expect(tooOld('view', at, now) !== undefined).toBe(at < now - days * DAY);
      }),
    );
    const said = parseRetention('view=90d').tooOld('view', 0, Date.now());
    expect(said).toBe('events of its type are kept for 90 days, and it is older');
  });

  test('says periods in words', () => {
    expect([undefined, DAY, 90 * DAY, 365 * DAY, 730 * DAY].map(inWords)).toEqual([
      'for ever',
      '1 day',
      '90 days',
      '1 year',
      '2 years',
    ]);
  });
});
