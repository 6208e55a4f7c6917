import { eq } from 'drizzle-orm';
import { afterEach, expect, test } from 'vitest';
import { confirmationStore } from '../../src/store/confirmations.ts';
import type { Store } from '../../src/store/database.ts';
import { permitStore } from '../../src/store/permits.ts';
import { mailbox } from '../delivery/mailbox.ts';
import { eventually } from '../fixtures/installation.ts';
import { openSink } from '../fixtures/sink.ts';
import { onEveryStore } from '../stores.ts';
import { askMany, senderOn } from './sender.ts';

const ends: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const statesOf = async (store: Store) => {
  const counts: Record<string, number> = {};
  for (const { state } of await confirmationStore(store).list(1000)) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

/** Rounds as a process makes them, until the test is over. */
function going(sender: ReturnType<typeof senderOn>): typeof sender {
  let round: Promise<void> | undefined;
  const rounds = setInterval(() => {
    round ??= sender.round().finally(() => {
      round = undefined;
    });
  }, 100);
  ends.push(async () => {
    clearInterval(rounds);
    await round;
    await sender.close();
  });
  return sender;
}

onEveryStore('letters that ask for confirmation', (open) => {
  test('keep to the rate of their destination and of all servers, over all workers; others pass by', async () => {
    const at: { to: string; ms: number }[] = [];
    const sink = await openSink((to) => {
      at.push({ to, ms: performance.now() });
      return undefined;
    });
    ends.push(sink.close);
    const store = await open();
    await askMany(store, 8, 'slow.test');
    await askMany(store, 8, 'fast.test');
    const limits = { limits: 'slow.test=4/s burst=2', server: '50/s' };
    going(senderOn(store, sink.url, limits));
    going(senderOn(store, sink.url, limits));
    await eventually('all arrived', async () => at.length === 16, 20_000);
    const slow = at.filter(({ to }) => to.endsWith('@slow.test')).map(({ ms }) => ms);
    for (const [index, ms] of slow.entries()) {
      const earlier = slow[index - 3];
      // Four in any window need two of them to have waited: 4/s and a burst of two; the network adds some jitter.
      if (earlier !== undefined) expect(ms - earlier).toBeGreaterThanOrEqual(250 - 100);
    }
    expect((slow.at(-1) ?? 0) - (slow[0] ?? 0)).toBeGreaterThanOrEqual(1400);
    const lastFast = at.findLastIndex(({ to }) => to.endsWith('@fast.test'));
    expect(at.slice(0, lastFast).filter(({ to }) => to.endsWith('@slow.test')).length).toBeLessThan(8);
    expect(new Set(at.map(({ to }) => to)).size, 'each once').toBe(16);
  });

  test('keep to the connections of their destination, over all workers', async () => {
    let [inHand, most] = [0, 0];
    const box = await mailbox({
      onRcptTo: (_address, _session, callback) => {
        inHand += 1;
        most = Math.max(most, inHand);
        callback();
      },
      onData: (stream, _session, callback) => {
        stream.resume();
        stream.on('end', () => {
          setTimeout(() => {
            inHand -= 1;
            callback(null, 'kept');
          }, 60);
        });
      },
    });
    ends.push(box.close);
    const store = await open();
    await askMany(store, 12, 'slow.test');
    const given = { limits: 'slow.test=connections=2', connections: 8 };
    for (const _ of [1, 2]) going(senderOn(store, `smtp://127.0.0.1:${box.port}`, given));
    await eventually('all accepted', async () => (await statesOf(store)).accepted === 12, 20_000);
    expect(most).toBe(2);
  });

  test('that are put off come back after growing pauses', async () => {
    const sink = await openSink(() => [451, '4.3.0 later']);
    ends.push(sink.close);
    const store = await open();
    const [id = 0] = await askMany(store, 1, 'busy.test');
    const sender = senderOn(store, sink.url, { firstRetryMs: 60_000 });
    ends.push(sender.close);
    const waits: number[] = [];
    const { confirmations } = store.tables;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const before = Date.now();
      await sender.send();
      const [row] = await store.orm.select().from(confirmations);
      expect(row).toMatchObject({ id, state: 'deferred', attempts: attempt, response: '451 4.3.0 later' });
      waits.push(((row?.dueAt ?? 0) - before) / 60_000);
      expect(await sender.send(), 'not yet').toBe(0);
      await store.orm.update(confirmations).set({ dueAt: 0 });
    }
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThan(0.7 * 2 ** index);
      expect(wait).toBeLessThan(1.3 * 2 ** index + 0.2);
    }
  });

  test('a destination that asks for a pause gets one, from campaigns too; others go on', async () => {
    const tried: string[] = [];
    const sink = await openSink((to) => {
      tried.push(to);
      return to.endsWith('@busy.test') ? [421, '4.7.28 too many messages, slow down'] : undefined;
    });
    ends.push(sink.close);
    const store = await open();
    await askMany(store, 3, 'busy.test');
    const sender = senderOn(store, sink.url, { connections: 1, firstRetryMs: 10 });
    ends.push(sender.close);
    await sender.send();
    await askMany(store, 2, 'fast.test');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await sender.send();
    expect(tried.filter((to) => to.endsWith('@busy.test'))).toHaveLength(1);
    expect(sink.mails.map(({ to }) => to).sort()).toEqual(['reader-0@fast.test', 'reader-1@fast.test']);
    const slowed = await permitStore(store).slowed(60_000);
    expect(slowed.get('to busy.test')).toMatchObject({ strikes: 1, pace: 25 });
  });

  test('a server that is down costs neither letters nor permits, and people are told', async () => {
    const sink = await openSink();
    await sink.close();
    const store = await open();
    await askMany(store, 3, 'fast.test');
    const today = new Date().toISOString().slice(0, 10);
    const given = { warmUp: `shop.example from ${today}: 100, 100`, server: '1/h' };
    const sender = senderOn(store, sink.url, given);
    ends.push(sender.close);
    for (const _ of [1, 2, 3]) expect(await sender.send()).toBe(0);
    expect(sender.heard.length).toBe(3);
    expect(await statesOf(store)).toEqual({ queued: 3 });
    const { states } = await permitStore(store).change(
      ['from shop.example', 'server'],
      undefined,
      (held) => ({
        states: new Map(held),
        waits: [],
      }),
    );
    expect([...states.values()].map(({ used, tat }) => [used, tat])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test('count on the day of a warm-up, and wait for the next when it is full', async () => {
    const sink = await openSink();
    ends.push(sink.close);
    const store = await open();
    await askMany(store, 5, 'fast.test');
    const today = new Date().toISOString().slice(0, 10);
    const sender = senderOn(store, sink.url, { warmUp: `shop.example from ${today}: 3, 100` });
    ends.push(sender.close);
    expect([3, 5]).toContain(await sender.send()); // Five when midnight passed just now.
    expect(await sender.send()).toBe(0);
    const due = (await store.orm.select().from(store.tables.confirmations))
      .filter(({ state }) => state === 'queued')
      .map(({ dueAt }) => Math.abs(dueAt - (Date.parse(`${today}T00:00:00Z`) + 86_400_000)));
    for (const off of due) expect(off).toBeLessThan(5000);
  });

  test('one that was booked and not sent yet goes back when the process ends, and another process sends it', async () => {
    const sink = await openSink();
    ends.push(sink.close);
    const store = await open();
    await askMany(store, 1, 'slow.test');
    const sender = senderOn(store, sink.url, { limits: 'slow.test=6/m burst=1' });
    const ordinary = [{ id: 1, address: 'other@slow.test' }];
    expect((await sender.throttle.admit(1, 'shop@shop.example', 'token', ordinary)).size).toBe(1);
    await sender.round();
    expect(await confirmationStore(store).waits(), 'left to this process').toBe(false);
    await sender.close();
    expect(await statesOf(store)).toEqual({ queued: 1 });
    const other = senderOn(store, sink.url);
    ends.push(other.close);
    expect(await other.send()).toBe(1);
  });

  test('one whose address SMTP cannot carry fails alone', async () => {
    const sink = await openSink();
    ends.push(sink.close);
    const store = await open();
    await askMany(store, 2, 'fast.test');
    const { profiles } = store.tables;
    const long = `${'x'.repeat(300)}@fast.test`;
    await store.orm.update(profiles).set({ email: long }).where(eq(profiles.email, 'reader-0@fast.test'));
    const sender = senderOn(store, sink.url);
    ends.push(sender.close);
    expect(await sender.send()).toBe(1);
    expect(await statesOf(store)).toEqual({ accepted: 1, failed: 1 });
  });
});
