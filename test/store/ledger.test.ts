import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { ClaimRequest, SendLedger, Settlement } from '../../src/delivery/port.ts';
import type { Frequency } from '../../src/profiles/preferences.ts';
import type { Store } from '../../src/store/database.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { sweepLedger } from '../../src/store/sweep-ledger.ts';
import { consenting } from '../fixtures/consenting.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';

const LEASE_MS = 60_000;
const states = async (store: Store, runId: number) =>
  Object.fromEntries((await ledgerReader(store).counts(runId)).map((row) => [row.state, row.count]));
const settlement = (id: number, token: string, own: Partial<Settlement> = {}): Settlement => ({
  id,
  token,
  state: 'accepted',
  reason: undefined,
  code: 250,
  response: '250 OK',
  retryInMs: 0,
  suppress: undefined,
  ...own,
});

/** Claims; the decisions, where a test does not care, say nothing. */
const claim = (
  ledger: SendLedger,
  requests: readonly (Omit<ClaimRequest, 'decision'> & { decision?: string })[],
  fallback: Frequency | undefined,
) =>
  ledger.advance(
    [],
    requests.map((request) => ({ decision: '{}', ...request })),
    fallback,
  );
const settle = (ledger: SendLedger, settlements: readonly Settlement[]) =>
  ledger.advance(settlements, [], undefined);

async function leaseAll(store: Store, runId: number) {
  const lease = await sendLedger(store).lease(runId, 1000, LEASE_MS);
  return lease.sends.map((send) => ({ id: send.id, profileId: send.profileId, token: lease.token }));
}

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

  test('who has no address any more is not claimed', async () => {
    const store = await open();
    const run = await makeRun(store, await makeReaders(store, 1));
    const requests = await leaseAll(store, run.id);
    await store.orm.update(store.tables.profiles).set({ email: null });
    expect(await claim(sendLedger(store), requests, undefined)).toEqual(['lost']);
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
