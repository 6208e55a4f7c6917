import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { consenting } from '../fixtures/consenting.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim, LEASE_MS, leaseAll, states } from './claiming.ts';

onEveryStore('the ledger', (open) => {
  test('consent, suppression, a pause of the customer and of the run are decided at the claim', async () => {
    const store = await open();
    const { consents, suppressions, profiles } = store.tables;
    const ids = await makeReaders(store, 4);
    const run = await makeRun(store, ids);
    const requests = await leaseAll(store, run.id);
    const [withdrawn = 0, blocked = 0, resting = 0] = ids;
    await store.orm.update(consents).set({ state: 'out' }).where(eq(consents.profileId, withdrawn));
    await store.orm
      .insert(suppressions)
      .values({ address: 'reader-2@example.test', reason: 'complaint', source: 'test', at: 0 });
    await store.orm
      .update(profiles)
      .set({ pausedUntil: Date.now() + 1e9 })
      .where(eq(profiles.id, resting));
    expect(blocked).toBeGreaterThan(0);
    expect(await claim(sendLedger(store), requests, undefined)).toEqual([
      'no consent',
      'suppressed',
      'paused by the customer',
      'go',
    ]);
    const other = await makeRun(store, ids.slice(3), { campaign: 'winter' });
    const more = await leaseAll(store, other.id);
    await runStore(store).step(other.id, ['running'], 'paused');
    expect(await claim(sendLedger(store), more, undefined)).toEqual(['not running']);
    expect((await sendLedger(store).lease(other.id, 10, LEASE_MS)).sends).toEqual([]);
  });

  test('what is not confirmed is never mailed', async () => {
    const store = await open();
    const ids = await makeReaders(store, 2);
    const [asked = 0] = ids;
    const run = await makeRun(store, ids);
    const requests = await leaseAll(store, run.id);
    const { consents } = store.tables;
    await store.orm.update(consents).set({ state: 'pending' }).where(eq(consents.profileId, asked));
    expect(await consenting(store, ids, 'offers')).toEqual(new Set(ids.slice(1)));
    expect(await claim(sendLedger(store), requests, undefined)).toEqual(['no consent', 'go']);
  });

  test('who wants important letters only gets no others, whatever the limit', async () => {
    const store = await open();
    const ids = await makeReaders(store, 2, { frequencyMax: 1000, frequencyPer: 'day' });
    const [picky = 0] = ids;
    const { profiles } = store.tables;
    await store.orm.update(profiles).set({ importantOnly: 1 }).where(eq(profiles.id, picky));
    const plain = await makeRun(store, ids, { campaign: 'plain' });
    const important = await makeRun(store, ids, { campaign: 'important', important: true });
    const ledger = sendLedger(store);
    // The worker then finds no slot for it, and the reason: see eligibility.test.ts.
    expect(await claim(ledger, await leaseAll(store, plain.id), undefined)).toEqual(['over frequency', 'go']);
    expect(await claim(ledger, await leaseAll(store, important.id), undefined)).toEqual(['go', 'go']);
  });

  test('two campaigns at once never go over a customer’s limit; the one worth more goes first', async () => {
    const store = await open();
    const ids = await makeReaders(store, 30, { frequencyMax: 1, frequencyPer: 'week' });
    const cheap = await makeRun(store, ids, { campaign: 'cheap', value: 1 });
    const dear = await makeRun(store, ids, { campaign: 'dear', value: 5 });
    const [cheapRequests, dearRequests] = [await leaseAll(store, cheap.id), await leaseAll(store, dear.id)];
    const ledger = sendLedger(store);
    const groups = [
      cheapRequests.slice(0, 15),
      dearRequests.slice(0, 15),
      dearRequests.slice(15),
      cheapRequests.slice(15),
    ];
    const verdicts = await Promise.all(groups.map((group) => claim(ledger, group, undefined)));
    expect(new Set([...(verdicts[1] ?? []), ...(verdicts[2] ?? [])])).toEqual(new Set(['go']));
    expect(new Set([...(verdicts[0] ?? []), ...(verdicts[3] ?? [])])).toEqual(new Set(['over frequency']));
  });

  test('equal letters in one group for one customer: one goes', async () => {
    const store = await open();
    const ids = await makeReaders(store, 3);
    const first = await makeRun(store, ids, { campaign: 'a' });
    const second = await makeRun(store, ids, { campaign: 'b' });
    const requests = [...(await leaseAll(store, second.id)), ...(await leaseAll(store, first.id))];
    const verdicts = await claim(sendLedger(store), requests, { max: 1, per: 'day' });
    expect(verdicts.filter((verdict) => verdict === 'go').length).toBe(3);
    expect(await states(store, first.id)).toEqual({ sending: 3 });
  });

  test('who has no address any more is not claimed', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 1));
    const requests = await leaseAll(store, run.id);
    await store.orm.update(store.tables.profiles).set({ email: null });
    expect(await claim(sendLedger(store), requests, undefined)).toEqual(['lost']);
  });
});
