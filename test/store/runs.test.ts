import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { sweepLedger } from '../../src/store/sweep-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim, LEASE_MS, leaseAll, settle, settlement, states } from './claiming.ts';

onEveryStore('the ledger', (open) => {
  test('a run finishes only when every send is final; claims whose worker died become unknown', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 2));
    const [ledger, sweeping] = [sendLedger(store), sweepLedger(store)];
    const lease = await ledger.lease(run.id, 10, -1);
    const requests = lease.sends.map((send) => ({
      id: send.id,
      profileId: send.profileId,
      token: lease.token,
    }));
    await claim(ledger, requests.slice(0, 1), undefined);
    expect(await sweeping.finishRuns()).toBe(0);
    expect(await sweeping.expireClaims()).toBe(1);
    expect(await states(store, run.id)).toEqual({ queued: 1, unknown: 1 });
    expect(await sweeping.due(10)).toEqual([{ runId: run.id, count: 1 }]);
    await runStore(store).skipOpen(run.id, 'cancelled');
    expect(await sweeping.finishRuns()).toBe(1);
    expect(await runStore(store).byId(run.id)).toMatchObject({ state: 'finished' });
  });

  test('a worker that only stood still tells how its letters ended, unless somebody decided meanwhile', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 4));
    const ledger = sendLedger(store);
    const lease = await ledger.lease(run.id, 10, -1);
    const requests = lease.sends.map(({ id, profileId }) => ({ id, profileId, token: lease.token }));
    await claim(ledger, requests, undefined);
    await sweepLedger(store).expireClaims();
    expect(await states(store, run.id)).toEqual({ unknown: 4 });
    const [first, second, third] = lease.sends;
    for (const [send, state] of [
      [first, 'accepted'],
      [second, 'failed'],
      [third, 'deferred'],
    ] as const)
      await settle(ledger, [settlement(send?.id ?? 0, lease.token, { state })]);
    expect(await states(store, run.id)).toEqual({ accepted: 1, failed: 1, unknown: 2 });
    await runStore(store).resolveUnknown(run.id, 'resend');
    await settle(ledger, [settlement(third?.id ?? 0, lease.token)]);
    expect(await claim(ledger, requests, undefined)).toEqual(['lost', 'lost', 'lost', 'lost']);
    expect(await states(store, run.id)).toEqual({ accepted: 1, failed: 1, queued: 2 });
  });

  test('a person decides on unknown letters', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 4));
    const lease = await sendLedger(store).lease(run.id, 10, -1);
    const requests = lease.sends.map(({ id, profileId }) => ({ id, profileId, token: lease.token }));
    await claim(sendLedger(store), requests, undefined);
    await sweepLedger(store).expireClaims();
    expect(await sweepLedger(store).finishRuns()).toBe(1);
    const runs = runStore(store);
    await store.orm
      .update(store.tables.sends)
      .set({ state: 'accepted' })
      .where(eq(store.tables.sends.id, requests[0]?.id ?? 0));
    expect(await runs.resolveUnknown(run.id, 'resend')).toBe(3);
    expect(await states(store, run.id)).toEqual({ accepted: 1, queued: 3 });
    expect(await runs.byId(run.id)).toMatchObject({ state: 'running', finishedAt: undefined });
    expect(await claim(sendLedger(store), await leaseAll(store, run.id), { max: 1, per: 'day' })).toEqual([
      'go',
      'go',
      'go',
    ]);
    await store.orm.update(store.tables.sends).set({ state: 'unknown' });
    expect(await runs.resolveUnknown(run.id, 'accept')).toBe(4);
    expect(await runs.resolveUnknown(run.id, 'accept')).toBe(0);
    expect(await states(store, run.id)).toEqual({ accepted: 4 });
  });

  test('letters that are no longer worth sending end, each with its reason', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 2), {}, -1000);
    const ledger = sendLedger(store);
    expect(await claim(ledger, await leaseAll(store, run.id), undefined)).toEqual(['expired', 'expired']);
    expect(await sweepLedger(store).expireRuns()).toBe(0);
    await store.orm.update(store.tables.sends).set({ leaseUntil: 0 });
    expect(await sweepLedger(store).expireRuns()).toBe(2);
    expect(await ledgerReader(store).counts(run.id)).toEqual([
      { state: 'skipped', reason: 'no longer worth sending', count: 2 },
    ]);
  });

  test('a letter that was on its way when its run was cancelled, and is put off, comes to its end', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 2));
    const ledger = sendLedger(store);
    const [first] = await leaseAll(store, run.id);
    if (first === undefined) throw new Error('leased');
    expect(await claim(ledger, [first], undefined)).toEqual(['go']);
    await runStore(store).step(run.id, ['running'], 'cancelled');
    await runStore(store).skipOpen(run.id, 'cancelled');
    await settle(ledger, [settlement(first.id, first.token, { state: 'deferred', code: 451 })]);
    expect(await states(store, run.id)).toEqual({ deferred: 1, skipped: 1 });
    expect(await sweepLedger(store).endCancelled()).toBe(1);
    expect(await sweepLedger(store).endCancelled()).toBe(0);
    expect(await ledgerReader(store).counts(run.id)).toEqual([
      { state: 'skipped', reason: 'cancelled', count: 2 },
    ]);
  });

  test('planning: one planner writes, a second one goes on after it, no profile twice', async () => {
    const store = await open();
    const ids = await makeReaders(store, 4);
    const runs = runStore(store);
    const run = await makeRun(store, ids.slice(0, 2));
    await store.orm.update(store.tables.runs).set({ state: 'planning' });
    const first = await runs.takePlanning(run.id, LEASE_MS);
    expect(await runs.takePlanning(run.id, LEASE_MS)).toBeUndefined();
    if (first === undefined) throw new Error('taken');
    expect(first.plannedTo).toBe(ids[1]);
    await runs.releasePlanning(first);
    const second = await runs.takePlanning(run.id, LEASE_MS);
    if (second === undefined) throw new Error('taken');
    const skip = (profileId: number) =>
      ({
        profileId,
        state: 'skipped',
        reason: 'holdout',
        detail: undefined,
        variant: undefined,
        dueAt: 0,
      }) as const;
    expect(await runs.planChunk(first, ids.slice(2), LEASE_MS, () => ids.slice(2).map(skip))).toBe(false);
    expect(await runs.planChunk(second, ids, LEASE_MS, () => ids.map(skip))).toBe(true);
    expect(await states(store, run.id)).toEqual({ queued: 2, skipped: 2 });
  });

  test('planning sees the slots that other campaigns took, but not those worth less', async () => {
    const store = await open();
    const [id = 0] = await makeReaders(store, 1);
    await makeRun(store, [id], { campaign: 'cheap', value: 1 });
    const runs = runStore(store);
    for (const [value, expected] of [
      [1, 1],
      [2, 0],
    ] as const) {
      const run = await makeRun(store, [], { campaign: `value ${value}`, value });
      await store.orm
        .update(store.tables.runs)
        .set({ state: 'planning' })
        .where(eq(store.tables.runs.id, run.id));
      const hold = await runs.takePlanning(run.id, LEASE_MS);
      if (hold === undefined) throw new Error('taken');
      let taken: readonly number[] | undefined;
      await runs.planChunk(hold, [id], LEASE_MS, (slots) => {
        taken = slots.get(id);
        return [];
      });
      expect(taken?.length ?? 0).toBe(expected);
    }
  });
});
