import { expect, test } from 'vitest';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim, LEASE_MS, leaseAll, settle, settlement, states } from './claiming.ts';

onEveryStore('the ledger', (open) => {
  test('a batch is leased once, and again after it is given back', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 5));
    const ledger = sendLedger(store);
    const first = await ledger.lease(run.id, 3, LEASE_MS);
    const second = await ledger.lease(run.id, 3, LEASE_MS);
    expect([first.sends.length, second.sends.length]).toEqual([3, 2]);
    expect((await ledger.lease(run.id, 3, LEASE_MS)).sends).toEqual([]);
    await ledger.release(first);
    expect((await ledger.lease(run.id, 10, LEASE_MS)).sends.map((send) => send.id)).toEqual(
      first.sends.map((send) => send.id),
    );
  });

  test('many leases at once never share a send', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 60));
    const ledger = sendLedger(store);
    const leases = await Promise.all(Array.from({ length: 8 }, () => ledger.lease(run.id, 10, LEASE_MS)));
    const ids = leases.flatMap((lease) => lease.sends.map((send) => send.id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(60);
  });

  test('what is postponed is given back until then, by the holder of the newest lease only', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 3));
    const ledger = sendLedger(store);
    const old = await ledger.lease(run.id, 3, -1);
    const fresh = await ledger.lease(run.id, 3, LEASE_MS);
    const later = Date.now() + 3_600_000;
    const waits = fresh.sends.slice(1).map((send) => ({ id: send.id, dueAt: later }));
    await ledger.postpone(old.token, waits);
    expect((await ledgerReader(store).send(waits[0]?.id ?? 0))?.dueAt).toBeLessThan(later);
    await ledger.postpone(fresh.token, waits);
    expect((await ledgerReader(store).send(waits[0]?.id ?? 0))?.dueAt).toBe(later);
    await ledger.release(fresh);
    expect((await ledger.lease(run.id, 3, LEASE_MS)).sends.map((send) => send.id)).toEqual([
      fresh.sends[0]?.id,
    ]);
  });

  test('a decision and a claim need the newest token', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 1));
    const ledger = sendLedger(store);
    const old = await ledger.lease(run.id, 1, -1);
    const fresh = await ledger.lease(run.id, 1, LEASE_MS);
    const [send] = fresh.sends;
    const request = { id: send?.id ?? 0, profileId: send?.profileId ?? 0 };
    expect(await claim(ledger, [{ ...request, token: old.token }], undefined)).toEqual(['lost']);
    expect(await claim(ledger, [{ ...request, token: fresh.token, decision: '{"a":1}' }], undefined)).toEqual(
      ['go'],
    );
    expect((await ledgerReader(store).send(request.id))?.decision).toBe('{"a":1}');
    expect(await claim(ledger, [{ ...request, token: fresh.token }], undefined)).toEqual(['lost']);
    await settle(ledger, [settlement(request.id, old.token, { state: 'failed' })]);
    expect(await states(store, run.id)).toEqual({ sending: 1 });
    await settle(ledger, [settlement(request.id, fresh.token)]);
    expect(await states(store, run.id)).toEqual({ accepted: 1 });
  });

  test('a deferred letter waits and takes no slot; its lease is over', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 1));
    const ledger = sendLedger(store);
    const [request = { id: 0, profileId: 0, token: '' }] = await leaseAll(store, run.id);
    await claim(ledger, [request], undefined);
    await settle(ledger, [
      settlement(request.id, request.token, {
        state: 'deferred',
        code: 451,
        response: '451 later',
        retryInMs: 50_000,
      }),
    ]);
    const send = await ledgerReader(store).send(request.id);
    expect(send).toMatchObject({
      state: 'deferred',
      attempts: 1,
      claimedAt: undefined,
      response: '451 later',
    });
    expect((send?.dueAt ?? 0) - Date.now()).toBeGreaterThan(40_000);
    expect((await ledger.lease(run.id, 1, LEASE_MS)).sends).toEqual([]);
    expect((await ledger.takenSlots(request.profileId, run.id, request.id)).slots).toEqual([]);
  });

  test('tells why letters failed or are put off, the most frequent answers first', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 7));
    const [ledger, reader] = [sendLedger(store), ledgerReader(store)];
    expect(await reader.refusals(run.id, 5)).toEqual([]);
    const requests = await leaseAll(store, run.id);
    await claim(ledger, requests, undefined);
    const gone = (index: number) => `550 5.1.1 <reader-${index}@example.test> unknown`;
    const answers: readonly Parameters<typeof settlement>[2][] = [
      ...[0, 1, 2].map((index) => ({
        state: 'failed' as const,
        reason: 'refused at rcpt',
        code: 550,
        response: gone(index),
      })),
      { state: 'failed', reason: 'refused at final', code: 554, response: '554 5.6.0 spam' },
      {
        state: 'deferred',
        reason: 'refused at rcpt',
        code: 450,
        response: '450 4.2.1 later',
        retryInMs: 9000,
      },
      {
        state: 'deferred',
        reason: 'refused at rcpt',
        code: 450,
        response: '450 4.2.1 later',
        retryInMs: 9000,
      },
      {},
    ];
    await settle(
      ledger,
      requests.map(({ id, token }, index) => settlement(id, token, answers[index])),
    );
    const rcpt = { reason: 'refused at rcpt' };
    const all = [
      { ...rcpt, state: 'failed', count: 3, example: gone(2) },
      { ...rcpt, state: 'deferred', count: 2, example: '450 4.2.1 later' },
      { state: 'failed', reason: 'refused at final', count: 1, example: '554 5.6.0 spam' },
    ];
    expect(await reader.refusals(run.id, 5)).toEqual(all);
    expect(await reader.refusals(run.id, 1)).toEqual(all.slice(0, 1));
  });

  test('a mailbox that is gone is suppressed together with the refusal', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 2));
    const ledger = sendLedger(store);
    const requests = await leaseAll(store, run.id);
    await claim(ledger, requests, undefined);
    const refused = { state: 'failed', code: 550, response: '550 5.1.1 no such user' } as const;
    await settle(
      ledger,
      requests.map(({ id, token }, index) =>
        settlement(
          id,
          token,
          index === 0
            ? { ...refused, suppress: { address: 'reader-1@example.test', reason: 'no such mailbox' } }
            : {},
        ),
      ),
    );
    expect(await states(store, run.id)).toEqual({ accepted: 1, failed: 1 });
    const rows = await store.orm.select().from(store.tables.suppressions);
    expect(rows).toMatchObject([{ address: 'reader-1@example.test', reason: 'no such mailbox' }]);
  });
});
