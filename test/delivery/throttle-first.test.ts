import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Rate, usualBurst } from '../../src/delivery/limits.ts';
import { type Asking, type Limit, type Lines, share } from '../../src/delivery/permit-share.ts';
import { FRESH, type RateState } from '../../src/delivery/permits.ts';
import { Seats } from '../../src/delivery/seats.ts';
import { transportOver } from '../../src/delivery/server-pool.ts';
import { sharedServer } from '../../src/delivery/shared-server.ts';
import { smtpTransport } from '../../src/delivery/smtp-transport.ts';
import { parseSmtpUrl } from '../../src/delivery/smtp-url.ts';
import { parseWarmUps } from '../../src/delivery/throttle-warm-up.ts';
import type { Transport } from '../../src/delivery/transport.ts';
import { permitStore } from '../../src/store/permits.ts';
import { onEveryStore } from '../stores.ts';
import { opened, slotOf } from './wire.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
const rateOf = (perSecond: number, burst = usualBurst(perSecond)): Rate => ({ perSecond, burst });
const toA = (perSecond: number, burst?: number): Limit => ({ key: 'to a', rate: rateOf(perSecond, burst) });
const firstPart: Limit = { key: 'first to a', rate: undefined, partOf: 'to a' };

/** Limits whose state lives here, for letters that go first and others. */
class Desk {
  readonly states = new Map<string, RateState>();
  readonly lines: Lines = new Map();

  ask(limits: readonly Limit[], count: number, now: number, first: boolean) {
    const asking = Array.from({ length: count }, (_, id): Asking => ({ id, limits, first }));
    const result = share(asking, this.states, this.lines, 1, now, () => 0.5);
    for (const [key, state] of result.states) this.states.set(key, state);
    for (const [line, end] of result.lines) this.lines.set(line, end);
    return result;
  }
}

describe('letters that somebody waits for', () => {
  test('have the next permit, however many others wait', () => {
    const desk = new Desk();
    const limit = toA(2, 2);
    desk.ask([limit], 1000, NOW, false);
    const [booked] = desk.ask([limit, firstPart], 1, NOW, true).booked;
    expect(booked?.dueAt).toBe(NOW + 500);
    expect(desk.ask([limit], 1000, NOW + 500, false).granted, 'that one is taken').toEqual([]);
    expect(desk.ask([limit], 1000, NOW + 1000, false).granted).toHaveLength(1);
  });

  test('with the others: in any window no more than rate × window + burst, when each leaves at its moment', () => {
    const asks = fc.array(
      fc.record({ pause: fc.integer({ min: 0, max: 3000 }), count: fc.nat(20), first: fc.boolean() }),
      { minLength: 1, maxLength: 60 },
    );
    const speeds = fc.double({ min: 0.01, max: 2000, noNaN: true });
    fc.assert(
      fc.property(speeds, fc.integer({ min: 1, max: 50 }), asks, (perSecond, burst, steps) => {
        const desk = new Desk();
        const limit = toA(perSecond, burst);
        const leaves: number[] = [];
        let now = NOW;
        for (const { pause, count, first } of steps) {
          now += pause;
          const { granted, booked } = desk.ask(first ? [limit, firstPart] : [limit], count, now, first);
          leaves.push(...granted.map(() => now), ...booked.map(({ dueAt }) => dueAt));
        }
        leaves.sort((a, b) => a - b);
        for (const [from, start] of leaves.entries()) {
          for (const [index, at] of leaves.slice(from).entries()) {
            // A moment is rounded up to a whole millisecond, and then others of the same one come closer.
            expect(index + 1).toBeLessThanOrEqual((perSecond * (at - start + 1)) / 1000 + burst + 0.01);
          }
        }
      }),
    );
  });

  test('never starve the others: a flood of them leaves a quarter', () => {
    const desk = new Desk();
    const limit = toA(8);
    let [firsts, others] = [0, 0];
    for (let ms = 0; ms < 100_000; ms += 250) {
      const { granted, booked } = desk.ask([limit, firstPart], 50, NOW + ms, true);
      firsts += granted.length + booked.length;
      others += desk.ask([limit], 50, NOW + ms, false).granted.length;
    }
    expect(others).toBeGreaterThanOrEqual(190);
    expect(firsts).toBeGreaterThanOrEqual(590);
    expect(firsts + others).toBeGreaterThanOrEqual(790);
  });

  test('wait out a pause, and get their part of a slowed pace', () => {
    const desk = new Desk();
    const limit = toA(100);
    desk.states.set('to a', { ...FRESH, pace: 1, pausedUntil: NOW + 5000, strikes: 1, pacedAt: NOW });
    const paused = desk.ask([limit, firstPart], 2, NOW, true);
    expect([paused.granted, paused.booked, paused.waits[0]?.dueAt]).toEqual([[], [], NOW + 5000]);
    const after = desk.ask([limit, firstPart], 40, NOW + 5000, true);
    const leaving = [...after.granted.map(() => NOW + 5000), ...after.booked.map(({ dueAt }) => dueAt)];
    expect(leaving.filter((at) => at <= NOW + 15_000).length).toBeLessThanOrEqual(12);
  });

  test('book no further than some seconds ahead, and a lost booking blocks nobody for longer', () => {
    const desk = new Desk();
    const limit = toA(1, 60);
    expect(desk.ask([limit], 100, NOW, false).granted).toHaveLength(60);
    const many = desk.ask([limit, firstPart], 100, NOW, true);
    expect(many.booked.map(({ dueAt }) => dueAt - NOW)).toEqual(
      Array.from({ length: 20 }, (_, index) => (index + 1) * 1000),
    );
    expect(many.waits).toHaveLength(80);
    const setBack = NOW - 3_600_000;
    expect(desk.ask([limit], 1, setBack, false).granted).toEqual([]);
    expect(desk.ask([limit], 1, setBack + 21_000, false).granted).toHaveLength(1);
  });

  test('have a part of each day of a warm-up for themselves', () => {
    const desk = new Desk();
    const warmUp = parseWarmUps('shop.example from 2026-11-20: 50, 100').get('shop.example');
    const day: Limit = { key: 'from shop.example', rate: undefined, warmUp };
    expect(desk.ask([{ ...day, leaves: 0.05 }], 100, NOW, false).granted).toHaveLength(48);
    const late = desk.ask([day], 3, NOW, true);
    expect([late.granted.length, late.waits[0]?.dueAt]).toEqual([2, Date.UTC(2026, 10, 21)]);
    const after = desk.ask([{ ...day, leaves: 0.05 }], 100, NOW + 3 * 86_400_000, false);
    expect(after.granted, 'no limit after it').toHaveLength(100);
  });
});

const failed = (error: unknown) => {
  throw error;
};
const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

onEveryStore('seats', (open) => {
  test('go to whoever goes first, three in a row, then to one of the others', async () => {
    const seats = new Seats({ permits: permitStore(await open()), failed });
    seats.of('to a', 1);
    await seats.ask('to a', 1);
    expect(seats.enter('to a')).toBe(true);
    const seated: number[] = [];
    const firsts = [1, 2, 3, 4].map(async (number) => {
      expect(await seats.enterFirst('to a', never)).toBe(true);
      seated.push(number);
    });
    await turn();
    for (const sat of [1, 2, 3]) {
      seats.leave('to a');
      expect(seats.enter('to a'), 'handed over').toBe(false);
      await turn();
      expect(seated).toHaveLength(sat);
    }
    seats.leave('to a');
    expect(seats.enter('to a'), 'the turn of the others').toBe(true);
    seats.leave('to a');
    await Promise.all(firsts);
    expect(seated).toEqual([1, 2, 3, 4]);
    seats.leave('to a');
    await seats.close();
  });

  test('that are all of another process, or come too late, are not waited for', async () => {
    const permits = permitStore(await open());
    const [one, two] = [new Seats({ permits, failed }), new Seats({ permits, failed })];
    for (const seats of [one, two]) seats.of('to a', 1);
    expect(await one.enterFirst('to a', never)).toBe(true);
    expect(await two.enterFirst('to a', never)).toBe(false);
    const stop = new AbortController();
    const late = one.enterFirst('to a', stop.signal);
    await turn();
    stop.abort();
    expect(await late).toBe(false);
    one.leave('to a');
    await Promise.all([one.close(), two.close()]);
  });

  test('a connection goes to whoever goes first, whatever the servers', async () => {
    const box = await opened();
    const one = () => smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${box.port}`, 1));
    const seats = new Seats({ permits: permitStore(await open()), failed });
    const shared = () => sharedServer(one(), { name: `a.example:${box.port}`, total: 1, seats });
    const other = await opened();
    const pool = transportOver(
      [box, other].map(({ port }) => ({
        transport: smtpTransport(parseSmtpUrl(`smtp://127.0.0.1:${port}`, 1)),
        weight: 1,
      })),
    );
    for (const transport of [one(), shared(), pool]) await firstIsNext(transport);
    await seats.close();
  });
});

/** One connection or two, of which five jobs that never stop asking take turns. */
async function firstIsNext(transport: Transport): Promise<void> {
  let [over, since] = [false, Number.NaN];
  const job = async () => {
    while (!over) {
      const slot = await slotOf(transport);
      await turn();
      since += 1;
      slot.release();
    }
  };
  const jobs = [job(), job(), job(), job(), job()];
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let left = 5; left > 0; left -= 1) {
    since = 0;
    const slot = await transport.slot(never, true);
    expect(slot.kind).toBe('slot');
    expect(since, 'letters of others meanwhile').toBeLessThanOrEqual(2);
    if (slot.kind === 'slot') slot.release();
    await turn();
  }
  over = true;
  await Promise.all(jobs);
  await transport.close();
}
