import { setTimeout as wait } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { parseLimits } from '../../src/delivery/limits.ts';
import type { Permits, RateState } from '../../src/delivery/permits.ts';
import { makeThrottle } from '../../src/delivery/throttle.ts';
import { permitStore } from '../../src/store/permits.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';

const LEASE_MS = 60_000;
const some: RateState = { tat: 12.5, used: 3, pace: 0.25, pausedUntil: 7, strikes: 2, pacedAt: 1 };
const put = (permits: Permits, key: string, state: RateState) =>
  permits.change([key], undefined, () => ({ states: new Map([[key, state]]), waits: [] }));

onEveryStore('permits', (open) => {
  test('what was decided is what the next one sees; two at once see each other', async () => {
    const permits = permitStore(await open());
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
    const permits = permitStore(await open());
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
    const permits = permitStore(await open());
    await put(permits, 'to slow', { ...some, pacedAt: Date.now() });
    await put(permits, 'to old', { ...some, pacedAt: 10_000 });
    await put(permits, 'to quick', { ...some, tat: Date.now(), pacedAt: 0 });
    expect([...(await permits.slowed(3_600_000)).keys()]).toEqual(['to slow']);
    await permits.tidy();
    expect((await permits.slowed(Date.now() - 5_000)).size).toBe(1);
  });

  test('letters that wait are given back until their moment, but only by who holds them', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 3));
    const ledger = sendLedger(store);
    const lease = await ledger.lease(run.id, 3, LEASE_MS);
    const [first, second] = lease.sends.map((send) => send.id);
    const at = Date.now() + 3_600_000;
    const waiting = (id = 0) => ({ states: new Map(), waits: [{ id, dueAt: at }] });
    await permitStore(store).change(['to a'], lease.token, () => waiting(first));
    await permitStore(store).change(['to a'], 'somebody else', () => waiting(second));
    await ledger.release(lease.token);
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
    const store = await open();
    const [perSecond, burst, letters] = [60, 10, 100];
    const run = await makeRun(store, await makeReaders(store, letters));
    const ledger = sendLedger(store);
    const grants: { at: number; count: number }[] = [];
    const permits: Permits = {
      ...permitStore(store),
      change: (keys, token, decide) =>
        permitStore(store).change(keys, token, (states, now) => {
          const result = decide(states, now);
          const count = 'granted' in result && Array.isArray(result.granted) ? result.granted.length : 0;
          grants.push({ at: now, count });
          return result;
        }),
    };
    const worker = async () => {
      const throttle = makeThrottle({
        limits: parseLimits(`example.test=${perSecond}/s burst=${burst}`, undefined),
        warmUps: new Map(),
        permits,
        clock: Date.now,
        random: Math.random,
        failed: (error) => {
          throw error;
        },
      });
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
});
