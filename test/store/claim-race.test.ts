import { expect, test } from 'vitest';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim } from './claiming.ts';

onEveryStore('claims beside a pause', (open) => {
  test('a letter refused while its run was paused is not taken for one too many, though it runs again', async () => {
    const store = await open();
    const [runs, ledger] = [runStore(store), sendLedger(store)];
    const run = await makeRun(store, await makeReaders(store, 30));
    const lease = await ledger.lease(run.id, 30, 60_000);
    const seen = new Set<string>();
    for (const { id, profileId } of lease.sends) {
      await runs.step(run.id, ['running'], 'paused');
      const request = { id, profileId, token: lease.token, decision: '{}', sourceHash: 'hash' };
      const [verdicts] = await Promise.all([
        ledger.advance([], [request], { max: 1, per: 'week' }),
        runs.resume(run.id),
      ]);
      for (const verdict of verdicts) seen.add(verdict);
    }
    expect(['go', 'lost', 'not running']).toEqual(expect.arrayContaining([...seen]));
  });

  test('a letter waits for another slot only when its customer has had enough, or wants important ones only', async () => {
    const store = await open();
    const ledger = sendLedger(store);
    const limit = { max: 1, per: 'week' } as const;
    const readers = await makeReaders(store, 1);
    const chosen = await makeReaders(store, 1, { frequencyMax: 9, frequencyPer: 'week', importantOnly: 1 });
    const claimAll = async () => {
      const run = await makeRun(store, [...readers, ...chosen]);
      const { token, sends } = await ledger.lease(run.id, 10, 60_000);
      const requests = sends.map(({ id, profileId }) => ({ id, profileId, token }));
      return claim(ledger, requests, limit);
    };
    expect(await claimAll()).toEqual(['go', 'over frequency']);
    expect(await claimAll()).toEqual(['over frequency', 'over frequency']);
  });

  test('what is due, and what slots are taken, is told with the moment by the database’s clock', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 1));
    const ledger = sendLedger(store);
    const { at, sends } = await ledger.lease(run.id, 1, 60_000);
    expect(Math.abs(at - Date.now())).toBeLessThan(5000);
    const [send] = sends;
    const found = await ledger.takenSlots(send?.profileId ?? 0, run.id, 0);
    expect(found.slots).toHaveLength(1);
    expect(found.now).toBeGreaterThanOrEqual(at);
  });
});
