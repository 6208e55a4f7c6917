import { eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { NewText } from '../../src/campaigns/port.ts';
import { resendFailed } from '../../src/delivery/resend.ts';
import type { Store } from '../../src/store/database.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { runStore } from '../../src/store/runs.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { sweepLedger } from '../../src/store/sweep-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { claim, leaseAll, settle, settlement, states } from './claiming.ts';

const text = (names: readonly string[] = ['plain'], hash = 'mended'): NewText => ({
  hashes: new Map(names.map((name) => [name, hash])),
  settings: { postalAddress: '2 New Street' },
  sources: new Map([[hash, { says: hash }]]),
});

type Answer = readonly [reason: string, response: string];

/** A run whose sends all failed, with the given answers of the server. */
async function refusedRun(store: Store, answers: readonly Answer[]) {
  const run = await makeRun(store, await makeReaders(store, answers.length));
  const ledger = sendLedger(store);
  const requests = await leaseAll(store, run.id);
  await claim(ledger, requests, undefined);
  const settlements = requests.map(({ id, token }, index) => {
    const [reason = '', response = ''] = answers[index] ?? [];
    return settlement(id, token, { state: 'failed', reason, response, code: Number(response.slice(0, 3)) });
  });
  await settle(ledger, settlements);
  return { run, ids: requests.map(({ id }) => id) };
}

const content: Answer = ['refused at final', '554 5.7.1 content rejected'];

onEveryStore('another text for letters that wait', (open) => {
  test('what was written with the old one finds no claim; what left keeps its own', async () => {
    const store = await open();
    const [runs, ledger, reader] = [runStore(store), sendLedger(store), ledgerReader(store)];
    const run = await makeRun(store, await makeReaders(store, 4));
    const requests = await leaseAll(store, run.id);
    const [left, onItsWay] = requests;
    if (left === undefined || onItsWay === undefined) throw new Error('leased');
    expect(await claim(ledger, [left, onItsWay], undefined)).toEqual(['go', 'go']);
    await settle(ledger, [settlement(left.id, left.token)]);
    await runs.step(run.id, ['running'], 'paused', 'refused');

    expect(await runs.resumeWith(run.id, text())).toBe(2);
    expect(await runs.byId(run.id)).toMatchObject({
      state: 'running',
      reason: undefined,
      plan: {
        variants: [{ name: 'plain', weight: 1, sourceHash: 'mended' }],
        settings: { postalAddress: '2 New Street' },
      },
    });
    expect(await runs.source('mended')).toEqual({ says: 'mended' });
    expect(await claim(ledger, requests.slice(2), undefined)).toEqual(['lost', 'lost']);
    await settle(ledger, [settlement(onItsWay.id, onItsWay.token, { state: 'deferred', code: 451 })]);
    await store.orm.update(store.tables.sends).set({ dueAt: 0 });

    const again = (await leaseAll(store, run.id)).map((one) => ({ ...one, sourceHash: 'mended' }));
    expect(again.map(({ id }) => id)).toEqual([onItsWay.id, ...requests.slice(2).map(({ id }) => id)]);
    expect(await claim(ledger, again, undefined)).toEqual(['go', 'go', 'go']);
    const hashes = await Promise.all(requests.map(async ({ id }) => (await reader.send(id))?.sourceHash));
    expect(hashes).toEqual(['hash', 'mended', 'mended', 'mended']);
  });

  test('only a paused run that is worth sending goes on with it, and only once', async () => {
    const store = await open();
    const runs = runStore(store);
    const run = await makeRun(store, await makeReaders(store, 1));
    expect(await runs.resumeWith(run.id, text())).toBeUndefined();
    await runs.step(run.id, ['running'], 'paused');
    const both = await Promise.all([runs.resumeWith(run.id, text()), runs.resumeWith(run.id, text())]);
    expect(both.filter((count) => count !== undefined)).toEqual([1]);
    const over = await makeRun(store, [], {}, -1000);
    await runs.step(over.id, ['running'], 'paused');
    expect(await runs.resumeWith(over.id, text())).toBeUndefined();
    expect(await runs.byId(over.id)).toMatchObject({
      state: 'paused',
      plan: { variants: [{ sourceHash: 'hash' }] },
    });
  });

  test('a variant that letters were given must be there, else nothing changes', async () => {
    const store = await open();
    const runs = runStore(store);
    const run = await makeRun(store, await makeReaders(store, 2), {
      variants: [
        { name: 'plain', weight: 1, sourceHash: 'hash' },
        { name: 'unused', weight: 1, sourceHash: 'hash' },
      ],
    });
    await runs.step(run.id, ['running'], 'paused', 'refused');
    await expect(runs.resumeWith(run.id, text(['other']))).rejects.toMatchObject({
      code: 'campaign.variant-gone',
      message:
        "2 letters that wait have the variant 'plain', which the campaign 'autumn' does not have any more.",
    });
    expect(await runs.byId(run.id)).toMatchObject({ state: 'paused', reason: 'refused', plan: run.plan });
    await expect(runs.source('mended')).rejects.toThrow();
    expect(await runs.resumeWith(run.id, text(['plain', 'another']))).toBe(2);
    expect((await runs.byId(run.id))?.plan.variants).toEqual([
      { name: 'plain', weight: 1, sourceHash: 'mended' },
      { name: 'unused', weight: 1, sourceHash: 'hash' },
    ]);
  });

  test('a planner that holds the run loses it: it looks for what the old text lacks', async () => {
    const store = await open();
    const runs = runStore(store);
    const ids = await makeReaders(store, 2);
    const run = await makeRun(store, ids.slice(0, 1));
    await store.orm
      .update(store.tables.runs)
      .set({ state: 'planning' })
      .where(eq(store.tables.runs.id, run.id));
    const hold = await runs.takePlanning(run.id, 60_000);
    if (hold === undefined) throw new Error('taken');
    await runs.step(run.id, ['planning'], 'paused');
    await expect(runs.resumeWith(run.id, text(['other']))).rejects.toMatchObject({
      code: 'campaign.variant-gone',
    });
    expect(await runs.resumeWith(run.id, text())).toBe(1);
    expect(await runs.planChunk(hold, ids.slice(1), 60_000, () => [])).toBe(false);
    expect(await sweepLedger(store).abandonedPlans()).toEqual([run.id]);
    const next = await runs.takePlanning(run.id, 60_000);
    expect(next).toMatchObject({
      plannedTo: ids[0],
      run: { plan: { variants: [{ sourceHash: 'mended' }] } },
    });
  });
});

onEveryStore('letters that failed', (open) => {
  test('go again if it was the letter or the sender that was refused; the others are told by reason', async () => {
    const store = await open();
    const { run, ids } = await refusedRun(store, [
      content,
      ['refused at mail', '550 5.7.1 sender rejected'],
      ['refused at rcpt', '550 5.7.26 not authenticated'],
      ['refused at rcpt', '550 relay not permitted'],
      ['refused at rcpt', '550 5.1.1 no such user'],
      ['refused at rcpt', '550 5.2.2 mailbox full'],
      content,
      content,
      ['no longer worth sending', ''],
    ]);
    expect(await sweepLedger(store).finishRuns()).toBe(1);
    const at = Date.now();
    await suppressionStore(store).add([
      { address: 'reader-7@example.test', reason: 'complaint', source: 'test', at },
    ]);
    await store.orm
      .update(store.tables.sends)
      .set({ profileId: -(ids[7] ?? 0) })
      .where(eq(store.tables.sends.id, ids[7] ?? 0));
    const runs = runStore(store);
    expect(await resendFailed(runs, run.id, undefined)).toEqual({
      resent: 4,
      left: {
        'the server does not know the address': 1,
        'refused for this reader alone': 1,
        'the address must not be mailed': 1,
        'the customer was erased': 1,
        'no longer worth sending': 1,
      },
    });
    const counts = await ledgerReader(store).counts(run.id);
    expect(counts.filter(({ state }) => state === 'queued')).toEqual([{ state: 'queued', count: 4 }]);
    expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(9);
    expect(await runs.byId(run.id)).toMatchObject({ state: 'running', finishedAt: undefined });
    expect(await ledgerReader(store).send(ids[0] ?? 0)).toMatchObject({
      state: 'queued',
      reason: undefined,
      response: undefined,
      finishedAt: undefined,
      detail: 'a person decided to send it again after: 554 5.7.1 content rejected',
    });
    expect(await resendFailed(runs, run.id, undefined)).toMatchObject({ resent: 0 });
    expect(await sweepLedger(store).finishRuns()).toBe(0);
  });

  test('are decided on again when they are claimed', async () => {
    const store = await open();
    const { run } = await refusedRun(store, [content, content]);
    await resendFailed(runStore(store), run.id, undefined);
    await store.orm.update(store.tables.consents).set({ state: 'out' });
    expect(await claim(sendLedger(store), await leaseAll(store, run.id), undefined)).toEqual([
      'no consent',
      'no consent',
    ]);
  });

  test('stay as they are when the run was cancelled, or is no longer worth sending', async () => {
    const store = await open();
    const runs = runStore(store);
    const { run } = await refusedRun(store, [content]);
    await runs.step(run.id, ['running'], 'cancelled');
    expect(await resendFailed(runs, run.id, text())).toBeUndefined();
    await store.orm.update(store.tables.runs).set({ state: 'finished', validUntil: Date.now() - 1000 });
    expect(await resendFailed(runs, run.id, text())).toBeUndefined();
    expect(await states(store, run.id)).toEqual({ failed: 1 });
    expect(await runs.byId(run.id)).toMatchObject({
      state: 'finished',
      plan: { variants: [{ sourceHash: 'hash' }] },
    });
  });

  test('and a paused run stays paused; with a text of their own they wait for that', async () => {
    const store = await open();
    const runs = runStore(store);
    const { run, ids } = await refusedRun(store, [content, content]);
    await runs.step(run.id, ['running'], 'paused', 'refused');
    expect(await resendFailed(runs, run.id, text())).toEqual({ resent: 2, left: {} });
    expect(await runs.byId(run.id)).toMatchObject({
      state: 'paused',
      plan: { variants: [{ sourceHash: 'mended' }] },
    });
    // What was refused is shown with the text that it had.
    expect(await ledgerReader(store).send(ids[0] ?? 0)).toMatchObject({ sourceHash: 'hash', decision: '{}' });
    await expect(runs.resend(run.id, [], text(['other']))).rejects.toMatchObject({
      code: 'campaign.variant-gone',
    });
  });

  test('twice at once: each waits once', async () => {
    const store = await open();
    const { run, ids } = await refusedRun(
      store,
      Array.from({ length: 40 }, () => content),
    );
    const runs = runStore(store);
    const both = await Promise.all([
      runs.resend(run.id, ids, undefined),
      runs.resend(run.id, ids.toReversed(), undefined),
    ]);
    expect(both.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(40);
    expect(await states(store, run.id)).toEqual({ queued: 40 });
  });

  describe('while the sweeper looks', () => {
    test('no run is finished with letters that wait', async () => {
      const store = await open();
      const runs = runStore(store);
      for (let round = 0; round < 25; round += 1) {
        const { run, ids } = await refusedRun(store, [content]);
        const sweeps = Array.from({ length: 3 }, () => sweepLedger(store).finishRuns());
        await Promise.all([...sweeps, runs.resend(run.id, ids, undefined), sweepLedger(store).finishRuns()]);
        expect(await runs.byId(run.id)).toMatchObject({ state: 'running' });
        await runs.step(run.id, ['running'], 'cancelled');
      }
    });
  });
});
