import { expect, test } from 'vitest';
import type { PlannedSend } from '../../src/campaigns/port.ts';
import { sendingStates } from '../../src/campaigns/reasons.ts';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { sweepLedger } from '../../src/store/sweep-ledger.ts';
import { makeReaders, planOf } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim } from './claiming.ts';

const HOLD_MS = 30_000;

const due = (profileId: number): PlannedSend => ({
  profileId,
  state: 'queued',
  reason: undefined,
  detail: undefined,
  variant: { name: 'plain', sourceHash: 'hash' },
  dueAt: Date.now() - 1000,
});

onEveryStore('sending while the rest is planned', (open) => {
  test('what is planned leaves; the run is not finished before its plan is', async () => {
    const store = await open();
    const ids = await makeReaders(store, 4);
    const [runs, ledger, sweeping] = [runStore(store), sendLedger(store), sweepLedger(store)];
    const now = Date.now();
    const run = await runs.create({
      plan: planOf(),
      createdAt: now,
      validUntil: now + 3_600_000,
      sources: new Map(),
    });
    const hold = await runs.takePlanning(run.id, HOLD_MS);
    if (hold === undefined) throw new Error('a fresh run can be planned');
    await runs.planChunk(hold, ids.slice(0, 2), HOLD_MS, () => ids.slice(0, 2).map(due));
    expect(await sweeping.due(10)).toEqual([{ runId: run.id, count: 2 }]);
    const { token, sends } = await ledger.lease(run.id, 10, HOLD_MS);
    const requests = sends.map(({ id, profileId }) => ({ id, profileId, token }));
    expect(await claim(ledger, requests, undefined)).toEqual(['go', 'go']);
    const accepted = requests.map(({ id }) => ({
      id,
      token,
      state: 'accepted' as const,
      reason: undefined,
      code: 250,
      response: '250 fine',
      retryInMs: 0,
      suppress: undefined,
    }));
    await ledger.advance(accepted, [], undefined);
    expect(await sweeping.finishRuns()).toBe(0);
    await runs.planChunk(hold, ids.slice(2), HOLD_MS, () => ids.slice(2).map(due));
    await runs.endPlanning(hold);
    expect(await sweeping.finishRuns()).toBe(0);
    expect((await ledger.lease(run.id, 10, HOLD_MS)).sends).toHaveLength(2);
  });

  test('a pause stops planning and sending, and each goes on where it stopped', async () => {
    const store = await open();
    const ids = await makeReaders(store, 3);
    const [runs, ledger] = [runStore(store), sendLedger(store)];
    const now = Date.now();
    const run = await runs.create({
      plan: planOf(),
      createdAt: now,
      validUntil: now + 3_600_000,
      sources: new Map(),
    });
    const hold = await runs.takePlanning(run.id, HOLD_MS);
    if (hold === undefined) throw new Error('a fresh run can be planned');
    await runs.planChunk(hold, ids.slice(0, 1), HOLD_MS, () => ids.slice(0, 1).map(due));
    expect(await runs.step(run.id, sendingStates, 'paused')).toBe(true);
    expect(await runs.planChunk(hold, ids.slice(1), HOLD_MS, () => ids.slice(1).map(due))).toBe(false);
    await runs.endPlanning(hold);
    await runs.releasePlanning(hold);
    expect((await ledger.lease(run.id, 10, HOLD_MS)).sends).toEqual([]);
    expect(await runs.resume(run.id)).toBe(true);
    expect(await runs.byId(run.id)).toMatchObject({ state: 'planning' });
    const again = await runs.takePlanning(run.id, HOLD_MS);
    expect(again?.plannedTo).toBe(ids[0]);
    if (again === undefined) throw new Error('it was released');
    await runs.planChunk(again, ids.slice(1), HOLD_MS, () => ids.slice(1).map(due));
    await runs.endPlanning(again);
    expect(await runs.step(run.id, sendingStates, 'paused')).toBe(true);
    expect(await runs.resume(run.id)).toBe(true);
    expect(await runs.byId(run.id)).toMatchObject({ state: 'running' });
    expect(await runs.resume(run.id)).toBe(false);
    expect((await ledger.lease(run.id, 10, HOLD_MS)).sends).toHaveLength(3);
  });
});
