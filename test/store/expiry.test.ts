import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { enforceRetention, previewRetention } from '../../src/profiles/expiry.ts';
import { parseRetention } from '../../src/profiles/retention.ts';
import { makeUpkeep } from '../../src/profiles/upkeep.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { auditStore } from '../../src/store/audit.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { expiryStore } from '../../src/store/expiry.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { onEveryStore } from '../stores.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24);
const retention = parseRetention('view=90d; arrivals=30d; *=2y; order=forever');

/** 2,500 old views and 500 young ones, orders and tickets of any age, arrivals folded or not. */
async function filled(store: Store): Promise<void> {
  const event = (type: string, days: number, index: number) => ({
    key: `${type}-${days}-${index}`,
    profileId: 1,
    type,
    at: NOW - days * DAY,
    properties: {},
  });
  await eventStore(store).addMany(
    [
      ...Array.from({ length: 2500 }, (_, index) => event('view', 91, index)),
      ...Array.from({ length: 500 }, (_, index) => event('view', 90, index)),
      ...[1, 800].flatMap((days) => [event('order', days, 0), event('ticket', days, 0)]),
    ],
    NOW,
  );
  const hit = (days: number, send: number) => ({
    kind: 'open' as const,
    at: NOW - days * DAY,
    facts: { send },
  });
  const arrivals = arrivalStore(store);
  await arrivals.add([...Array.from({ length: 1200 }, (_, index) => hit(31, index)), hit(29, 5000)]);
  await store.run(sql`UPDATE arrivals SET state = 'folded' WHERE id % 2 = 1`);
}

const counted = async (store: Store, what: string) => {
  const [row] = await store.rows<{ count: number }>(sql.raw(`SELECT count(*) AS count FROM ${what}`));
  return row?.count;
};

onEveryStore('retention', (open) => {
  test('a preview counts what enforcing removes, and enforcing is noted once', async () => {
    const store = await open();
    await filled(store);
    const stores = { expiry: expiryStore(store), audit: auditStore(store) };
    const preview = await previewRetention(stores.expiry, retention, NOW);
    expect(preview).toEqual([
      { of: 'ticket', period: 730 * DAY, count: 1, oldest: NOW - 800 * DAY },
      { of: 'view', period: 90 * DAY, count: 2500, oldest: NOW - 91 * DAY },
      { of: 'arrivals', period: 30 * DAY, count: 600, oldest: NOW - 31 * DAY },
    ]);
    let progress = 0;
    const onProgress = (removed: number) => {
      progress += removed;
    };
    const gone = await enforceRetention(stores, retention, { now: NOW, by: 'ann', onProgress });
    expect(gone).toEqual({ ticket: 1, view: 2500, arrivals: 600 });
    expect(progress).toBe(3101);
    expect(await counted(store, "events WHERE type = 'view'")).toBe(500);
    expect(await counted(store, "events WHERE type = 'order'")).toBe(2);
    // What is not folded yet is not lost, however old.
    expect(await counted(store, "arrivals WHERE state = 'new'")).toBe(600);
    expect(await counted(store, "arrivals WHERE state = 'folded'")).toBe(1);
    expect(await enforceRetention(stores, retention, { now: NOW, by: 'ann' })).toEqual({});
    expect(await stores.audit.list({ action: 'expire', limit: 9 })).toMatchObject([
      { actor: 'ann', subject: 'retention', detail: { removed: { view: 2500 } } },
    ]);
  });

  test('can be stopped between two chunks, and goes on later', async () => {
    const store = await open();
    await filled(store);
    const stores = { expiry: expiryStore(store), audit: auditStore(store) };
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const options = { now: NOW, by: 'ann', signal: stop.signal, onProgress };
    const first = await enforceRetention(stores, parseRetention('view=90d'), options);
    expect(first).toEqual({ view: 1000 });
    const second = await enforceRetention(stores, parseRetention('view=90d; arrivals=forever'), {
      now: NOW,
      by: 'ann',
    });
    expect(second).toEqual({ view: 1500 });
  });

  test('one of all processes does a chore in its time', async () => {
    const store = await open();
    const { takeChore } = expiryStore(store);
    const taken = await Promise.all([1, 2, 3, 4].map(() => takeChore('retention', 60_000)));
    expect(taken.filter((mine) => mine)).toHaveLength(1);
    expect(await takeChore('another', 60_000)).toBe(true);
    expect(await takeChore('retention', 60_000)).toBe(false);
    await store.run(sql`UPDATE chores SET at = at - 60000 WHERE name = 'retention'`);
    expect(await takeChore('retention', 60_000)).toBe(true);
  });

  test('the audit log itself may have a period', async () => {
    const store = await open();
    const stores = { expiry: expiryStore(store), audit: auditStore(store) };
    await stores.audit.add({ actor: 'a', action: 'read', subject: 'profile:1' });
    await stores.audit.add({ actor: 'b', action: 'read', subject: 'profile:1' });
    await store.run(sql`UPDATE audit SET at = ${NOW - 400 * DAY} WHERE actor = 'a'`);
    await store.run(sql`UPDATE audit SET at = ${NOW} WHERE actor = 'b'`);
    const rules = parseRetention('audit=1y');
    expect(await enforceRetention(stores, rules, { now: NOW, by: 'retention' })).toEqual({ audit: 1 });
    const left = await stores.audit.list({ limit: 9 });
    expect(left.map(({ actor }) => actor)).toEqual(['retention', 'b']);
  });

  test('the upkeep of a process does both by itself, and asks no more often than it must', async () => {
    const store = await open();
    await filled(store);
    let now = NOW;
    let failures = 0;
    let asked = 0;
    const people = privacyStore(store);
    const upkeep = makeUpkeep({
      expiry: expiryStore(store),
      audit: auditStore(store),
      people: {
        eraseEchoes: (since) => {
          asked += 1;
          return people.eraseEchoes(since);
        },
      },
      retention,
      failed: () => {
        failures += 1;
      },
      clock: () => now,
    });
    upkeep.tick();
    upkeep.tick();
    await expect.poll(() => counted(store, "events WHERE type = 'view'"), { timeout: 20_000 }).toBe(500);
    now += 59_000;
    upkeep.tick();
    expect(asked).toBe(1);
    await expect.poll(() => counted(store, "audit WHERE action = 'expire'"), { timeout: 20_000 }).toBe(1);
    now += 2000;
    upkeep.tick();
    await upkeep.close();
    expect([asked, failures]).toEqual([2, 0]);
    upkeep.tick();
    expect(asked).toBe(2);
  });
});
