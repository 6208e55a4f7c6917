import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLimits, type Rate, usualBurst } from '../../src/delivery/limits.ts';
import { type Limit, type Lines, type SeatLimit, share } from '../../src/delivery/permit-share.ts';
import { FRESH, type RateState } from '../../src/delivery/permits.ts';
import { DAY_MS, parseWarmUps } from '../../src/delivery/throttle-warm-up.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const rateOf = (perSecond: number, burst = usualBurst(perSecond)): Rate => ({ perSecond, burst });
const half = () => 0.5;

/** Limits whose state lives here. */
class Desk {
  readonly states = new Map<string, RateState>();
  readonly lines: Lines = new Map();

  ask(limits: readonly Limit[], count: number, now: number, run = 1) {
    const asking = Array.from({ length: count }, (_, id) => ({ id, limits }));
    const result = share(asking, this.states, this.lines, run, now, half);
    for (const [key, state] of result.states) this.states.set(key, state);
    for (const [line, end] of result.lines) this.lines.set(line, end);
    return result;
  }
}

describe('permits', () => {
  test('in any window no more than rate × window + burst, whoever asks and when', () => {
    const asks = fc.array(fc.record({ pause: fc.integer({ min: 0, max: 3000 }), count: fc.nat(40) }), {
      minLength: 1,
      maxLength: 60,
    });
    const speeds = fc.double({ min: 0.01, max: 2000, noNaN: true });
    fc.assert(
      fc.property(speeds, fc.integer({ min: 1, max: 50 }), asks, (perSecond, burst, steps) => {
        const desk = new Desk();
        const limit: Limit = { key: 'to a', rate: rateOf(perSecond, burst) };
        const grants: { at: number; count: number }[] = [];
        let now = NOW;
        for (const { pause, count } of steps) {
          now += pause;
          grants.push({ at: now, count: desk.ask([limit], count, now).granted.length });
        }
        for (const [first, start] of grants.entries()) {
          let sum = 0;
          for (const grant of grants.slice(first)) {
            sum += grant.count;
            expect(sum).toBeLessThanOrEqual((perSecond * (grant.at - start.at)) / 1000 + burst + 0.01);
          }
        }
      }),
    );
  });

  test('all capacity is used when letters wait and somebody asks each second', () => {
    const desk = new Desk();
    const limit: Limit = { key: 'to a', rate: rateOf(7.3) };
    let sum = 0;
    for (let second = 0; second < 600; second++)
      sum += desk.ask([limit], 200, NOW + second * 1000).granted.length;
    expect(sum).toBeGreaterThanOrEqual(Math.floor(599 * 7.3));
  });

  test('a letter takes a permit of each of its limits, or of none', () => {
    const desk = new Desk();
    const server: Limit = { key: 'server', rate: rateOf(1, 3) };
    const one: Limit = { key: 'to a', rate: rateOf(1, 1) };
    const asking = [[one, server], [one, server], [server], [server], [server]].map((limits, id) => ({
      id,
      limits,
    }));
    const result = share(asking, desk.states, desk.lines, 1, NOW, half);
    expect(result.granted).toEqual([0, 2, 3]);
    expect(result.waits.map((wait) => wait.id)).toEqual([1, 4]);
    expect(result.states.get('server')?.tat).toBe(NOW + 3000);
  });

  test('letters that wait stand in line, and never further than an hour', () => {
    const desk = new Desk();
    const limit: Limit = { key: 'to a', rate: rateOf(2, 1) };
    const [first, second, third] = desk.ask([limit], 4, NOW).waits.map((wait) => wait.dueAt - NOW);
    expect([first, second, third]).toEqual([500, 1000, 1500]);
    expect(desk.ask([limit], 1, NOW).waits[0]?.dueAt).toBe(NOW + 2000);
    expect(desk.ask([limit], 1, NOW, 2).waits[0]?.dueAt, 'another run has its own line').toBe(NOW + 500);
    const many = desk.ask([limit], 20_000, NOW).waits.map((wait) => wait.dueAt - NOW);
    expect(Math.max(...many)).toBeLessThanOrEqual(3_600_500);
  });

  test('many letters to a slow destination come back about when they can go', () => {
    const [desk, letters, batch, perSecond] = [new Desk(), 20_000, 200, 20];
    const limit: Limit = { key: 'to a', rate: rateOf(perSecond) };
    let due = Array.from({ length: letters }, (_, id) => ({ id, dueAt: NOW }));
    let [left, leases, now] = [letters, 0, NOW];
    for (; left > 0; now += 1000) {
      const ready = due.filter((wait) => wait.dueAt <= now);
      due = due.filter((wait) => wait.dueAt > now);
      for (let from = 0; from < ready.length; from += batch) {
        const asking = ready.slice(from, from + batch).map(({ id }) => ({ id, limits: [limit] }));
        const result = share(asking, desk.states, desk.lines, 1, now, Math.random);
        for (const [key, state] of result.states) desk.states.set(key, state);
        for (const [line, end] of result.lines) desk.lines.set(line, end);
        due.push(...result.waits);
        left -= result.granted.length;
        leases += asking.length;
      }
    }
    expect(leases / letters).toBeLessThan(2.1);
    expect((now - NOW) / 1000).toBeLessThan((letters / perSecond) * 1.02);
  });

  test('a clock that was set back, or a limit that was raised, blocks nobody for longer than its burst', () => {
    const desk = new Desk();
    desk.ask([{ key: 'to a', rate: rateOf(1 / 3600, 24) }], 24, NOW + 5 * DAY_MS);
    const raised: Limit = { key: 'to a', rate: rateOf(10, 5) };
    expect(desk.ask([raised], 1, NOW).granted).toEqual([]);
    expect(desk.ask([raised], 10, NOW + 500).granted.length).toBeLessThanOrEqual(5);
    expect(desk.ask([raised], 10, NOW + 1000).granted.length).toBe(5);
  });

  test('a slowed destination gets its pace after its pause, and a stale complaint is forgotten', () => {
    const desk = new Desk();
    const limit: Limit = { key: 'to a', rate: rateOf(100) };
    desk.states.set('to a', { ...FRESH, pace: 1, pausedUntil: NOW + 5000, strikes: 1, pacedAt: NOW });
    const paused = desk.ask([limit], 3, NOW + 1000);
    expect([paused.granted.length, paused.waits[0]?.dueAt]).toEqual([0, NOW + 5000]);
    expect(desk.ask([limit], 30, NOW + 5000).granted.length).toBe(2);
    expect(desk.ask([limit], 30, NOW + 7000).granted.length).toBe(2);
    expect(desk.ask([{ ...limit, rate: undefined }], 30, NOW + 7000).granted.length).toBe(0);
    expect(desk.ask([limit], 500, NOW + 2 * 3_600_000).granted.length).toBe(200);
  });

  test('a warm-up counts days in UTC: none before it, its numbers, all after it', () => {
    const desk = new Desk();
    const warmUp = parseWarmUps('shop.example from 2026-11-20: 50, 100').get('shop.example');
    const limit: Limit = { key: 'from shop.example', rate: undefined, warmUp };
    const asked = (day: number) => desk.ask([limit], 40, NOW + day * DAY_MS).granted.length;
    expect([asked(-1), asked(0), asked(0), asked(0)]).toEqual([0, 40, 10, 0]);
    expect([asked(1), asked(1), asked(1), asked(2), asked(2)]).toEqual([40, 40, 20, 40, 40]);
    expect(desk.ask([limit], 1, NOW - DAY_MS).waits[0]?.dueAt).toBe(Date.UTC(2026, 10, 20));
  });
});

describe('seats', () => {
  const seatsOf = (holder: string, more: Partial<SeatLimit> = {}): Limit => ({
    key: 'to a',
    rate: undefined,
    seats: { most: 5, holder, leaseMs: 15_000, used: 0, capacity: 10, latency: 250, ahead: 0, ...more },
  });

  test('are shared among processes, and a process takes no more than it can use', () => {
    const desk = new Desk();
    expect(desk.ask([seatsOf('one', { capacity: 3 })], 100, NOW).seats.get('to a')?.count).toBe(3);
    expect(desk.ask([seatsOf('two')], 1, NOW).seats.get('to a')?.count).toBe(1);
    expect(desk.ask([seatsOf('two')], 100, NOW).seats.get('to a')?.count).toBe(2);
    const third = desk.ask([seatsOf('three')], 100, NOW, 3);
    expect([third.granted.length, third.waits[0]?.dueAt]).toEqual([0, NOW + 1000]);
    expect(desk.ask([seatsOf('three')], 100, NOW + 15_001).seats.get('to a')?.count).toBe(5);
  });

  test('let in about what they can take in two seconds; the others come back about when they can go', () => {
    const desk = new Desk();
    const first = desk.ask([seatsOf('one')], 100, NOW);
    expect(first.granted.length, '5 seats, 4 letters a second each').toBe(40);
    const [next = 0, last = 0] = [first.waits[0]?.dueAt, first.waits.at(-1)?.dueAt];
    expect(next - NOW).toBeLessThanOrEqual(50);
    expect(last - NOW).toBe(60 * 50);
    expect(desk.ask([seatsOf('one', { ahead: 2000 })], 100, NOW).granted).toEqual([]);
    const slow = desk.ask([seatsOf('one', { latency: 60_000 })], 100, NOW);
    expect(slow.granted.length, 'one a seat, however slow').toBe(5);
  });

  test('and a rate hold together', () => {
    const desk = new Desk();
    const both: Limit = { ...seatsOf('one', { latency: 10 }), rate: rateOf(7, 7) };
    expect(desk.ask([both], 100, NOW).granted.length).toBe(7);
    expect(desk.states.get('to a')).toMatchObject({ tat: NOW + 1000, holds: [{ holder: 'one', count: 5 }] });
  });
});

describe('settings', () => {
  test('groups, rates and bursts are read', () => {
    const limits = parseLimits(
      'Gmail.com, googlemail.com=20/s; outlook.com=600/m burst=50;\n*=0.5/h',
      '200/s',
    );
    expect(limits.rateTo(limits.groupOf('GOOGLEMAIL.com'))).toEqual({
      perSecond: 20,
      burst: 40,
    });
    expect(limits.rateTo('outlook.com')).toEqual({ perSecond: 10, burst: 50 });
    expect(limits.rateTo(limits.groupOf('web.de'))).toMatchObject({ perSecond: 0.5 / 3600, burst: 1 });
    expect(limits.groupOf('web.de')).toBe('web.de');
    expect(limits.server?.perSecond).toBe(200);
    expect(parseLimits(undefined, undefined).rateTo('gmail.com')).toBeUndefined();
    const seats = parseLimits('gmail.com=20/s connections=5 burst=7; *=connections=3', undefined);
    expect([seats.rateTo('gmail.com'), seats.connectionsTo('gmail.com')]).toEqual([
      { perSecond: 20, burst: 7 },
      5,
    ]);
    expect([seats.rateTo('web.de'), seats.connectionsTo('web.de')]).toEqual([undefined, 3]);
    expect([seats.anyDestination, limits.connectionsTo('outlook.com')]).toEqual([true, undefined]);
  });

  test.each([
    ['gmail.com', "'gmail.com' has no '='"],
    ['gmail.com=fast', "'fast' is no rate"],
    ['gmail.com=0/s', "'0/s' is no rate"],
    ['gmail.com=20/s burst=0', "'20/s burst=0' is no rate"],
    ['gmail.com=1e9/s', 'is no rate'],
    ['gmail.com=20/s connections=0', "'connections=0' is no whole number"],
    ['gmail.com=connections=many', "'connections=many' is no whole number"],
    ['gmail.com=connections=5 fast', "'fast' is no rate"],
    ['gmail.com=connections=5 connections=6', 'is no rate'],
    ['gm ail.com=1/s', "'gm ail.com' is no domain"],
    ['a.example=1/s; a.example=2/s', "'a.example' is named twice"],
    ['a.example,*=1/s', "'*' stands alone"],
  ])('DELIVERY_LIMITS=%s is refused', (text, message) => {
    expect(() => parseLimits(text, undefined)).toThrow(message);
  });

  test.each([
    ['shop.example: 50', 'is no warm-up'],
    ['shop.example from 2026-02-30: 50', 'is no warm-up'],
    ['shop.example from 2026-11-20: 50,,100', 'is no warm-up'],
    ['shop.example from 2026-11-20: 0', 'is no warm-up'],
    ['shop.example from 2026-11-20: 1; shop.example from 2026-11-21: 1', 'named twice'],
  ])('WARM_UP=%s is refused', (text, message) => {
    expect(() => parseWarmUps(text)).toThrow(message);
  });
});
