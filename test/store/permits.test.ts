import { setTimeout as wait } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { parseLimits } from '../../src/delivery/limits.ts';
import { permitCells } from '../../src/delivery/permit-cells.ts';
import type { Permits, RateState } from '../../src/delivery/permits.ts';
import { Seats } from '../../src/delivery/seats.ts';
import { makeThrottle } from '../../src/delivery/throttle.ts';
import { DAY_MS, type WarmUp } from '../../src/delivery/throttle-warm-up.ts';
import { redisCells } from '../../src/queue/redis-cells.ts';
import type { Store } from '../../src/store/database.ts';
import { permitStore } from '../../src/store/permits.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { flushRedis } from '../chaos/servers.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { redisUrl } from '../servers/index.ts';
import { startRedis } from '../servers/redis.ts';
import { onEveryStore } from '../stores.ts';

const LEASE_MS = 60_000;
const some: RateState = {
  tat: 12.5,
  used: 3,
  pace: 0.25,
  pausedUntil: 7,
  strikes: 2,
  pacedAt: 1,
  holds: [{ holder: 'a', count: 3, until: 9 }],
};
const put = (permits: Permits, key: string, state: RateState) =>
  permits.change([key], undefined, () => ({ states: new Map([[key, state]]), waits: [] }));

/** Limits, and the store whose ledger takes letters back. */
interface Place {
  readonly store: Store;
  readonly permits: Permits;
}

onEveryStore('permits in the database', (open) => {
  contract(async () => {
    const store = await open();
    return { store, permits: permitStore(store) };
  });
});

describe.skipIf(redisUrl() === undefined)('permits in Redis', () => {
  const clients: Redis[] = [];
  afterAll(() => clients.forEach((client) => void client.disconnect()));
  /** Two clients that take turns, as two processes would. */
  const shared = (url: string, store: Store): Permits => {
    const prefix = `test-permits-${Math.random()}`;
    const desks = [1, 2].map(() => {
      const client = new Redis(url);
      clients.push(client);
      const postpone = sendLedger(store).postpone;
      return permitCells({
        cells: redisCells(client, prefix, 'Redis'),
        postpone,
        mirror: permitStore(store),
      });
    });
    let turn = 0;
    const next = () => desks[turn++ % 2] ?? permitStore(store);
    return {
      change: (keys, token, decide) => next().change(keys, token, decide),
      slowed: (withinMs) => next().slowed(withinMs),
      tidy: () => next().tidy(),
    };
  };

  onEveryStore('with the ledger', (open) => {
    contract(async () => {
      const store = await open();
      return { store, permits: shared(redisUrl() ?? '', store) };
    });

    test('a slow-down is shown in the database too, for people to see', async () => {
      const store = await open();
      await put(shared(redisUrl() ?? '', store), 'to slow', { ...some, pacedAt: Date.now() });
      expect((await permitStore(store).slowed(60_000)).get('to slow')).toMatchObject({
        pace: 0.25,
        holds: [],
      });
    });

    test('an emptied Redis means full buckets and free seats, and no error; warm-up days are kept', async () => {
      const redis = await startRedis();
      if (redis === undefined) throw new Error('There is a Redis, but it cannot be started.');
      try {
        const store = await open();
        const permits = shared(redis.url, store);
        const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
        const throttle = throttleOn(permits, 'example.test=1/h burst=3', permitStore(store), [
          ['shop.example', { start: today, days: [5] }],
        ]);
        const letters = Array.from({ length: 4 }, (_, id) => ({
          id: id + 1,
          address: `r${id}@example.test`,
        }));
        const ask = () => throttle.admit(1, 'shop@shop.example', 'token', letters);
        expect((await ask()).size).toBe(3);
        expect((await ask()).size).toBe(0);
        await flushRedis(redis.url);
        const used = [...(await ask())].length;
        // When midnight passed meanwhile there is no limit any more but the rate.
        expect([2, 3]).toContain(used);
        await throttle.close();
        for (const client of clients.splice(0)) client.disconnect();
      } finally {
        await redis.stop();
      }
    });
  });
});

function throttleOn(
  permits: Permits,
  limits: string,
  days: Permits = permits,
  warmUps: readonly (readonly [string, WarmUp])[] = [],
) {
  return makeThrottle({
    limits: parseLimits(limits, undefined),
    warmUps: new Map(warmUps),
    permits,
    days,
    clock: Date.now,
    random: Math.random,
    failed: (error) => {
      throw error;
    },
  });
}

function contract(open: () => Promise<Place>): void {
  test('what was decided is what the next one sees; two at once see each other', async () => {
    const { permits } = await open();
    await put(permits, 'to a', some);
    const add = () =>
      permits.change(['to a', 'to b'], undefined, (states) => ({
        states: new Map([...states].map(([key, state]) => [key, { ...state, used: state.used + 1 }])),
        waits: [],
      }));
    await Promise.all(Array.from({ length: 20 }, add));
    const seen = await permits.change(['to b', 'to a'], undefined, (states, now) => ({
      all: new Map(states),
      now,
      states: new Map(),
      waits: [],
    }));
    expect(seen.all.get('to a')).toEqual({ ...some, used: 23 });
    expect(seen.all.get('to b')).toMatchObject({ tat: 0, used: 20, pace: undefined });
    expect(Math.abs(seen.now - Date.now())).toBeLessThan(5000);
  });

  test('a decision that fails changes nothing', async () => {
    const { permits } = await open();
    await put(permits, 'to a', some);
    await expect(
      permits.change(['to a'], undefined, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await permits.change(['to a'], undefined, (states) => {
      expect(states.get('to a')).toEqual(some);
      return { states: new Map(), waits: [] };
    });
  });

  test('the slowed ones are found while they are, old ones are tidied away', async () => {
    const { permits } = await open();
    await put(permits, 'to slow', { ...some, pacedAt: Date.now() });
    await put(permits, 'to old', { ...some, pacedAt: 10_000 });
    await put(permits, 'to quick', { ...some, tat: Date.now(), pacedAt: 0 });
    expect([...(await permits.slowed(3_600_000)).keys()]).toEqual(['to slow']);
    await permits.tidy();
    expect((await permits.slowed(Date.now() - 5_000)).size).toBe(1);
  });

  test('letters that wait are given back until their moment, but only by who holds them', async () => {
    const { store, permits } = await open();
    const run = await makeRun(store, await makeReaders(store, 3));
    const ledger = sendLedger(store);
    const lease = await ledger.lease(run.id, 3, LEASE_MS);
    const [first, second] = lease.sends.map((send) => send.id);
    const at = Date.now() + 3_600_000;
    const waiting = (id = 0) => ({ states: new Map(), waits: [{ id, dueAt: at }] });
    await permits.change(['to a'], lease.token, () => waiting(first));
    await permits.change(['to a'], 'somebody else', () => waiting(second));
    await ledger.release(lease);
    const again = await ledger.lease(run.id, 3, LEASE_MS);
    expect(again.sends.map((send) => send.id)).toEqual(lease.sends.slice(1).map((send) => send.id));
    const { sends } = store.tables;
    const [row] = await store.orm
      .select({ dueAt: sends.dueAt })
      .from(sends)
      .where(eq(sends.id, first ?? 0));
    expect(row?.dueAt).toBe(at);
  });

  test('two workers at once never go over the rate, and every letter gets its turn', async () => {
    const { store, permits: plain } = await open();
    const [perSecond, burst, letters] = [60, 10, 100];
    const run = await makeRun(store, await makeReaders(store, letters));
    const ledger = sendLedger(store);
    const grants: { at: number; count: number }[] = [];
    const permits: Permits = {
      ...plain,
      change: async (keys, token, decide) => {
        let at = 0;
        const result = await plain.change(keys, token, (states, now) => {
          at = now;
          return decide(states, now);
        });
        const count = 'granted' in result && Array.isArray(result.granted) ? result.granted.length : 0;
        grants.push({ at, count });
        return result;
      },
    };
    const worker = async () => {
      const throttle = throttleOn(permits, `example.test=${perSecond}/s burst=${burst}`);
      const went: number[] = [];
      while (grants.reduce((sum, { count }) => sum + count, 0) < letters) {
        const lease = await ledger.lease(run.id, 20, LEASE_MS);
        const asking = lease.sends.map((send) => ({ id: send.id, address: `r${send.id}@example.test` }));
        const may = await throttle.admit(run.id, 'shop@shop.example', lease.token, asking);
        went.push(...may);
        await wait(5);
      }
      return went;
    };
    const went = (await Promise.all([worker(), worker()])).flat();
    expect(new Set(went).size).toBe(letters);
    expect(went.length).toBe(letters);
    grants.sort((a, b) => a.at - b.at);
    for (const [index, start] of grants.entries()) {
      let sum = 0;
      for (const grant of grants.slice(index)) {
        sum += grant.count;
        expect(sum).toBeLessThanOrEqual((perSecond * (grant.at - start.at)) / 1000 + burst + 0.01);
      }
    }
  });

  test('never more seats than there are, over several processes; those of a dead one come back', async () => {
    const { permits } = await open();
    const leaseMs = 1500;
    const failed = (error: unknown) => {
      throw error;
    };
    const [one, two] = [new Seats({ permits, failed, leaseMs }), new Seats({ permits, failed, leaseMs })];
    for (const seats of [one, two]) seats.of('to a', 5);
    expect(await one.ask('to a', 4)).toBe(4);
    expect(await two.ask('to a', 4)).toBe(1);
    expect([two.enter('to a'), two.enter('to a')]).toEqual([true, false]);
    await one.close();
    expect(await two.ask('to a', 4)).toBe(4);
    // A process that dies says nothing any more.
    await permits.change(['to b'], undefined, (states, now) => ({
      states: new Map(
        [...states].map(([key, s]) => [
          key,
          { ...s, holds: [{ holder: 'dead', count: 2, until: now + 700 }] },
        ]),
      ),
      waits: [],
    }));
    two.of('to b', 2);
    expect(await two.ask('to b', 2)).toBe(0);
    await wait(900);
    expect(await two.ask('to b', 2)).toBe(2);
    two.leave('to a', 1);
    await two.close();
    await permits.change(['to a', 'to b'], undefined, (states) => {
      expect([...states.values()].map((state) => state.holds)).toEqual([[], []]);
      return { states: new Map(), waits: [] };
    });
  });

  test('seats in use outlast the lease, unused ones go back', async () => {
    const { permits } = await open();
    const failed = (error: unknown) => {
      throw error;
    };
    const seats = new Seats({ permits, failed, leaseMs: 600 });
    seats.of('to a', 5);
    await seats.ask('to a', 5);
    expect([seats.enter('to a'), seats.enter('to a')]).toEqual([true, true]);
    await wait(2000);
    const others = new Seats({ permits, failed, leaseMs: 600 });
    others.of('to a', 5);
    expect(await others.ask('to a', 5)).toBe(3);
    seats.leave('to a');
    expect(seats.enter('to a')).toBe(true);
    for (const left of [1, 2]) seats.leave('to a', left);
    await others.close();
    await seats.close();
  });
}
