import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { freshPostgresDatabase } from '../servers/index.ts';
import { onEveryQueue } from './every-queue.ts';
import { gate, MemoryLog, runs, until } from './harness.ts';

onEveryQueue('contract', ({ name, url, open }) => {
  test('jobs that were added in bulk run once each', async () => {
    const { queues } = await open();
    const seen: number[] = [];
    await queues.add('plan', runs(1, 150));
    expect(await queues.counts('plan')).toEqual({ waiting: 150, delayed: 0, active: 0, failed: 0 });
    await queues.process('plan', async ({ runId }) => void seen.push(runId), { concurrency: 5 });
    await queues.add('plan', runs(151, 300));
    await queues.add('plan', []);
    await until(() => seen.length >= 300);
    await until(async () => (await queues.counts('plan')).active === 0);
    expect(seen.toSorted((a, b) => a - b)).toEqual(runs(1, 300).map((job) => job.payload.runId));
    expect(await queues.counts('plan')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  });

  test('queues do not see each other’s jobs', async () => {
    const { queues } = await open();
    const seen: string[] = [];
    await queues.process('send', async ({ runId }) => void seen.push(`send ${runId}`));
    await queues.process('record', async (payload) => void seen.push(`record ${JSON.stringify(payload)}`));
    await queues.add('record', [{ payload: {} }]);
    await queues.add('send', [{ payload: { runId: 7 } }]);
    await until(() => seen.length === 2);
    expect(seen.toSorted()).toEqual(['record {}', 'send 7']);
  });

  test('a handler that throws is tried again, with growing pauses', async () => {
    const log = new MemoryLog();
    const { queues } = await open({ timing: { backoffMs: 100 }, log });
    const at: number[] = [];
    await queues.process('plan', async () => {
      at.push(performance.now());
      if (at.length < 3) throw new Error('bad weather');
    });
    await queues.add('plan', runs(1, 1));
    await until(() => at.length === 3);
    await until(async () => (await queues.counts('plan')).active === 0);
    const [first = 0, second = 0, third = 0] = at;
    // 100 and 200 ms less up to half of it as jitter; a few for clocks that round.
    expect(second - first).toBeGreaterThan(45);
    expect(third - second).toBeGreaterThan(95);
    expect(log.count(/A job failed/)).toBe(2);
    expect(await queues.counts('plan')).toEqual({ waiting: 0, delayed: 0, active: 0, failed: 0 });
  });

  test('a job that fails five times is given up, without what the error said, and its key is free', async () => {
    const log = new MemoryLog();
    const { queues, backend } = await open({ log, prefix: 'given-up' });
    let tried = 0;
    await queues.process('plan', async () => {
      tried += 1;
      throw new Error('ann@example.test is at fault');
    });
    const job = { payload: { runId: 1 }, key: 'plan-1' };
    await queues.add('plan', [job]);
    await until(async () => (await queues.counts('plan')).failed === 1);
    expect(tried).toBe(5);
    // The queue may know of it a moment before the worker tells.
    await until(() => log.count(/given up/) === 1);
    await queues.add('plan', [job]);
    await until(async () => (await queues.counts('plan')).failed === 2);
    expect(tried).toBe(10);
    const kept = await backend.queue('given-up-plan', {}).getFailed();
    expect(kept.map(({ failedReason }) => failedReason)).toEqual(['failed', 'failed']);
    expect(JSON.stringify(kept)).not.toContain('ann@');
  });

  test('a delayed job waits its time', async () => {
    const { queues } = await open();
    const ran: number[] = [];
    const started = performance.now();
    let late = 0;
    await queues.process('plan', async ({ runId }) => {
      ran.push(runId);
      if (runId === 1) late = performance.now() - started;
    });
    await queues.add('plan', [{ payload: { runId: 1 }, delayMs: 500 }, ...runs(2, 2)]);
    await until(() => ran.length === 2);
    expect(ran).toEqual([2, 1]);
    expect(late).toBeGreaterThan(495);
    await queues.add('plan', [{ payload: { runId: 3 }, delayMs: 3_600_000 }]);
    expect(await queues.counts('plan')).toMatchObject({ waiting: 0, delayed: 1 });
  });

  test('a key is taken while its job waits, is delayed or runs, then free', async () => {
    const { queues } = await open();
    const ran: number[] = [];
    const hold = gate();
    await queues.add('plan', [
      { payload: { runId: 1 }, key: 'a' },
      { payload: { runId: 2 }, key: 'a' },
      { payload: { runId: 3 }, key: 'b', delayMs: 3_600_000 },
    ]);
    await queues.add('plan', [
      { payload: { runId: 4 }, key: 'a' },
      { payload: { runId: 5 }, key: 'b' },
    ]);
    expect(await queues.counts('plan')).toMatchObject({ waiting: 1, delayed: 1 });
    await queues.process('plan', async ({ runId }) => {
      ran.push(runId);
      if (runId === 1) await hold.opened;
    });
    await until(() => ran.length === 1);
    // While it runs, one more is remembered, the last, and its delay too.
    await queues.add('plan', [{ payload: { runId: 6 }, key: 'a' }]);
    await queues.add('plan', [{ payload: { runId: 7 }, key: 'a', delayMs: 50 }]);
    hold.open();
    await until(() => ran.length === 2);
    await until(async () => (await queues.counts('plan')).active === 0);
    expect(ran).toEqual([1, 7]);
    await queues.add('plan', [{ payload: { runId: 8 }, key: 'a' }]);
    await until(() => ran.length === 3);
    expect(ran).toEqual([1, 7, 8]);
  });

  test('a job repeats on a schedule, however many ask for it', async () => {
    const prefix = randomUUID();
    const { queues } = await open({ prefix });
    const others = name === 'embedded' ? [] : [await open({ prefix }), await open({ prefix })];
    const all = [queues, ...others.map((other) => other.queues)];
    let ran = 0;
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(all.map((each) => each.schedule('sweep', 100)));
    }
    const { waiting, delayed } = await queues.counts('sweep');
    expect(waiting + delayed).toBe(1);
    await queues.process('sweep', async () => {
      ran += 1;
      if (ran === 2) throw new Error('bad weather');
    });
    await until(() => ran >= 4);
    const after = await queues.counts('sweep');
    expect(after.waiting + after.delayed).toBeLessThanOrEqual(1);
  });

  test('a paused queue runs nothing until it is resumed', async () => {
    const { queues } = await open();
    const ran: string[] = [];
    await queues.process('plan', async ({ runId }) => void ran.push(`plan ${runId}`));
    await queues.process('send', async ({ runId }) => void ran.push(`send ${runId}`));
    await queues.pause('plan');
    await queues.add('plan', runs(1, 2));
    for (const job of runs(1, 3)) {
      await queues.add('send', [job]);
      await until(() => ran.includes(`send ${job.payload.runId}`));
    }
    expect(ran).toEqual(['send 1', 'send 2', 'send 3']);
    expect(await queues.counts('plan')).toMatchObject({ waiting: 2, active: 0 });
    await queues.resume('plan');
    await until(() => ran.length === 5);
    expect(ran.slice(3)).toEqual(['plan 1', 'plan 2']);
  });

  test('closing waits for the job in flight and takes no other', async () => {
    const prefix = randomUUID();
    const { queues } = await open({ prefix });
    const hold = gate();
    const events: string[] = [];
    await queues.process('plan', async ({ runId }, signal) => {
      events.push(`start ${runId}`);
      signal.addEventListener('abort', () => events.push('told to stop'));
      await hold.opened;
      events.push(`end ${runId}`);
    });
    await queues.add('plan', runs(1, 3));
    await until(() => events.length === 1);
    const closed = queues.close().then(() => events.push('closed'));
    await until(() => events.includes('told to stop'));
    await expect(queues.add('plan', runs(4, 4))).rejects.toMatchObject({ code: 'queue.closed' });
    await expect(queues.process('plan', async () => {})).rejects.toMatchObject({ code: 'queue.closed' });
    hold.open();
    await closed;
    await queues.close();
    expect(events).toEqual(['start 1', 'told to stop', 'end 1', 'closed']);
    if (name === 'embedded') return;
    const next = await open({ prefix });
    expect(await next.queues.counts('plan')).toEqual({ waiting: 2, delayed: 0, active: 0, failed: 0 });
  });

  test('closing waits for all jobs in flight, also those that end in failure', async () => {
    const { queues } = await open();
    const hold = gate();
    let running = 0;
    const work = async () => {
      running += 1;
      await hold.opened;
      running -= 1;
      throw new Error('bad weather');
    };
    await queues.process('plan', work, { concurrency: 3 });
    await queues.add('plan', runs(1, 3));
    await until(() => running === 3);
    const closed = queues.close();
    hold.open();
    await closed;
    expect(running).toBe(0);
  });

  test('two that open at once both work', async () => {
    const fresh =
      name === 'PostgreSQL' ? await freshPostgresDatabase() : { url: url(), drop: async () => {} };
    const log = new MemoryLog();
    const options = { ...(fresh.url === undefined ? {} : { url: fresh.url }), log, prefix: randomUUID() };
    const both = await Promise.all([open(options), open(options)]);
    const seen: number[] = [];
    for (const { queues } of both) await queues.process('plan', async ({ runId }) => void seen.push(runId));
    await Promise.all(
      both.map(({ queues }, index) => queues.add('plan', runs(10 * index + 1, 10 * index + 10))),
    );
    await until(() => seen.length >= 20);
    await Promise.all(both.map(({ queues }) => queues.close()));
    expect(seen.toSorted((a, b) => a - b)).toEqual(runs(1, 20).map((job) => job.payload.runId));
    expect(log.lines).toEqual([]);
    await fresh.drop();
  });

  test('a payload of the wrong shape is not let in', async () => {
    const { queues } = await open();
    const refused = { code: 'queue.payload' };
    const wrong: unknown[] = [
      { runId: 'seven' },
      { runId: 0 },
      { runId: 1.5 },
      {},
      null,
      [],
      { runId: 1, email: 'ann@example.test' },
    ];
    for (const payload of wrong) {
      // The seam where JavaScript, which knows no types, would call.
      const job = { payload } as { payload: { runId: number } };
      await expect(queues.add('plan', [...runs(1, 1), job])).rejects.toMatchObject(refused);
    }
    expect(await queues.counts('plan')).toMatchObject({ waiting: 0 });
  });

  test('a payload of the wrong shape that got in is given up at once, unseen by the handler', async () => {
    const log = new MemoryLog();
    const prefix = randomUUID();
    const { queues, backend } = await open({ prefix, log });
    const seen: unknown[] = [];
    const stranger = backend.queue(`${prefix}-plan`, {});
    const opts = { attempts: 5 };
    await stranger.addBulk([
      { name: 'plan', data: { runId: 'seven' }, opts },
      { name: 'plan', data: { runId: 1, email: 'ann@example.test' }, opts },
    ]);
    await queues.add('plan', runs(2, 2));
    await queues.process('plan', async (payload) => void seen.push(payload));
    await until(() => seen.length === 1);
    await until(async () => (await queues.counts('plan')).failed === 2);
    expect(seen).toEqual([{ runId: 2 }]);
    expect(log.count(/given up/)).toBe(2);
    await stranger.close();
  });
});
