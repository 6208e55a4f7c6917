import { lt } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { applyHappened } from '../../src/store/happened.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { privacyStore } from '../../src/store/privacy.ts';
import { readerStore } from '../../src/store/readers.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { consenting } from '../fixtures/consenting.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { become, merge, two } from './merging.ts';

const claimDue = async (store: Store, runId: number) => {
  const lease = await sendLedger(store).lease(runId, 100, 60_000);
  const requests = lease.sends.map((send) => ({
    ...send,
    token: lease.token,
    decision: '{}',
    sourceHash: 'hash',
  }));
  return sendLedger(store).advance([], requests, { max: 2, per: 'week' });
};

onEveryStore('merging', (open) => {
  test.each([
    ['queued', 'queued', 'queued', 'skipped'],
    ['queued', 'accepted', 'accepted', 'skipped'],
    ['skipped', 'queued', 'queued', 'skipped'],
    ['skipped', 'accepted', 'accepted', 'skipped'],
    ['failed', 'deferred', 'deferred', 'failed'],
    ['accepted', 'deferred', 'accepted', 'skipped'],
    ['accepted', 'accepted', 'accepted', 'accepted'],
    ['sending', 'queued', 'sending', 'skipped'],
    ['queued', 'sending', 'sending', 'skipped'],
  ])('one run with both: %s and %s become %s and %s', async (mine, other, kept, left) => {
    const store = await open();
    const [stays, goes] = await two(store);
    const run = await makeRun(store, [stays, goes]);
    await become(store, run.id, stays, mine, { leaseToken: 'held', leaseUntil: 1 });
    await become(store, run.id, goes, other, { leaseToken: 'held', leaseUntil: 1 });
    await merge(store, stays, goes);
    const reader = ledgerReader(store);
    expect(await reader.sendOf(run.id, stays)).toMatchObject({ state: kept });
    expect(await reader.sendOf(run.id, goes)).toMatchObject({ state: left });
    expect((await reader.counts(run.id)).reduce((sum, { count }) => sum + count, 0)).toBe(2);
    const verdicts = await claimDue(store, run.id);
    expect(verdicts).toEqual(['queued', 'deferred'].includes(kept) ? ['go'] : []);
  });

  test("a letter of somebody who was erased stays nobody's, whatever its number", async () => {
    const store = await open();
    const [stays = 0, goes = 0, erased = 0, later = 0] = await makeReaders(store, 4);
    const { sends } = store.tables;
    const earlier = await makeRun(store, [stays, erased]);
    const run = await makeRun(store, [later, erased, stays]);
    await privacyStore(store).erase(erased, 'test');
    const rows = await store.orm.select({ id: sends.id }).from(sends).where(lt(sends.profileId, 0));
    const numbers = rows.map(({ id }) => id).sort((a, b) => a - b);
    expect(numbers).toEqual([goes, 4]);
    expect(later).toBe(4);
    await merge(store, stays, goes);
    await merge(store, stays, later);
    const owners = await store.orm
      .select({ id: sends.id, owner: sends.profileId, run: sends.runId })
      .from(sends)
      .orderBy(sends.id);
    expect(owners).toEqual([
      { id: 1, owner: stays, run: earlier.id },
      { id: 2, owner: -2, run: earlier.id },
      { id: 3, owner: later, run: run.id },
      { id: 4, owner: -4, run: run.id },
      { id: 5, owner: stays, run: run.id },
    ]);
  });

  test('a letter that is written but not claimed is not sent to the old address', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const run = await makeRun(store, [goes]);
    const lease = await sendLedger(store).lease(run.id, 10, 60_000);
    const requests = lease.sends.map((send) => ({
      ...send,
      token: lease.token,
      decision: '{}',
      sourceHash: 'hash',
    }));
    await merge(store, stays, goes);
    expect(await sendLedger(store).advance([], requests, undefined)).toEqual(['lost']);
    expect((await sendLedger(store).lease(run.id, 10, 60_000)).sends).toMatchObject([{ profileId: stays }]);
  });

  test('letters that went to either count for the limit of the survivor', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const earlier = await makeRun(store, [stays, goes]);
    expect(await claimDue(store, earlier.id)).toEqual(['go', 'go']);
    await merge(store, stays, goes);
    const run = await makeRun(store, [stays]);
    expect(await claimDue(store, run.id)).toEqual(['over frequency']);
    expect((await sendLedger(store).takenSlots(stays, run.id, 0)).slots).toHaveLength(3);
  });

  test('a refusal that comes after the merge suppresses the address that was refused', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const run = await makeRun(store, [goes]);
    const lease = await sendLedger(store).lease(run.id, 10, 60_000);
    const id = lease.sends[0]?.id ?? 0;
    await sendLedger(store).advance(
      [],
      [{ id, profileId: goes, token: lease.token, decision: '{}', sourceHash: 'hash' }],
      undefined,
    );
    await merge(store, stays, goes);
    const refused = {
      id,
      token: lease.token,
      state: 'failed' as const,
      reason: 'refused',
      code: 550,
      response: '550 5.1.1',
      retryInMs: 0,
      suppress: { address: 'reader-2@example.test', reason: 'no such mailbox' },
    };
    await sendLedger(store).advance([refused], [], undefined);
    expect(await suppressionStore(store).list(5)).toMatchObject([{ address: 'reader-2@example.test' }]);
    expect(await ledgerReader(store).sendOf(run.id, stays)).toMatchObject({ state: 'failed' });
  });

  test('links in letters to the merged profile act on the survivor', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const run = await makeRun(store, [stays, goes]);
    await become(store, run.id, stays, 'accepted');
    const sendId = await become(store, run.id, goes, 'accepted');
    await merge(store, stays, goes);
    const readers = readerStore(store);
    expect(await readers.reader(sendId)).toMatchObject({
      profileId: stays,
      address: 'reader-1@example.test',
    });
    const opened = { sendId, key: `opened:${sendId}`, type: 'opened' as const, at: 150, properties: {} };
    await store.transaction((tx) => applyHappened(tx, [opened], 160));
    expect((await eventStore(store).timeline(stays, 5)).map(({ type }) => type)).toContain('opened');
    await readers.optOut(sendId, 'unsubscribe link', 200, undefined);
    expect(await consenting(store, [stays], 'offers')).toEqual(new Set());
  });
});
