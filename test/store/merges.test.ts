import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { derivedKey } from '../../src/profiles/event-key.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { applyHappened } from '../../src/store/happened.ts';
import { identityStore } from '../../src/store/identity.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { mergeProfiles } from '../../src/store/merges.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { readerStore } from '../../src/store/readers.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { consenting } from '../fixtures/consenting.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';

const note = { by: 'test', why: 'the same person' };
const merge = (store: Store, survivor: number, merged: number, now = 100) =>
  identityStore(store).merge(survivor, merged, note, now);

async function two(store: Store, own: Parameters<typeof makeReaders>[2] = {}): Promise<[number, number]> {
  const [one = 0, other = 0] = await makeReaders(store, 2, own);
  return [one, other];
}

/** Sets a send of a run as if it had come so far. */
async function become(store: Store, runId: number, profileId: number, state: string, more: object = {}) {
  const { sends } = store.tables;
  const [row] = await store.orm
    .update(sends)
    .set({ state, ...more })
    .where(eq(sends.id, (await ledgerReader(store).sendOf(runId, profileId))?.id ?? 0))
    .returning({ id: sends.id });
  return row?.id ?? 0;
}

const claimDue = async (store: Store, runId: number) => {
  const lease = await sendLedger(store).lease(runId, 100, 60_000);
  const requests = lease.sends.map((send) => ({ ...send, token: lease.token, decision: '{}' }));
  return sendLedger(store).advance([], requests, { max: 2, per: 'week' });
};

/** Eight profiles with this and that in common, and sends of three runs in all states. */
async function mixed(store: Store): Promise<number[]> {
  const ids = await makeReaders(store, 8);
  const states = ['queued', 'accepted', 'skipped', 'failed', 'sending', 'deferred', 'queued', 'accepted'];
  for (const shift of [0, 1, 3]) {
    const run = await makeRun(store, ids);
    for (const [index, id] of ids.entries()) {
      await become(store, run.id, id, states[(index * (shift + 1)) % 8] ?? 'queued', {
        leaseToken: 'held',
        leaseUntil: 1,
      });
    }
  }
  await eventStore(store).addMany(
    ids.flatMap((profileId, index) =>
      [1, 2, 1 + (index % 3)].map((at, turn) => ({
        key: turn === 0 ? `k${profileId}` : derivedKey('a', 'order', at, {}),
        profileId,
        type: 'order',
        at,
        properties: { total: index },
      })),
    ),
    9,
  );
  for (const [index, id] of ids.entries()) {
    await consentStore(store).change(id, 'news', index % 2 === 0 ? 'in' : 'out', 10 + ((index * 5) % 8), 'x');
    await consentStore(store).change(id, `topic ${index % 3}`, index % 4 === 0 ? 'out' : 'in', index, 'x');
  }
  await identityStore(store).resolve(
    ids.map((profileId, index) => ({ profileId, externalIds: [{ source: 'shop', value: `${index}` }] })),
    9,
    { create: false },
  );
  return ids;
}

/** What merges write to, without what the clock says. */
async function allOf(store: Store): Promise<Record<string, unknown>[][]> {
  const { profiles, events, sends, consents, consentChanges, externalIds, mergedProfiles } = store.tables;
  const found: Record<string, unknown>[][] = [];
  for (const table of [profiles, events, sends, consents, consentChanges, externalIds, mergedProfiles]) {
    const rows: Record<string, unknown>[] = await store.orm.select().from(table);
    const isClock = (value: unknown) => typeof value === 'number' && value > 1e12;
    const plain = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).filter(
          ([name, value]) => !isClock(value) && !(name === 'id' && row.type === 'merged'),
        ),
      ),
    );
    found.push(plain.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)));
  }
  return found;
}

onEveryStore('merging', (open) => {
  test('moves everything, and tells it on the timeline', async () => {
    const store = await open();
    const [profiles, events, identities] = [profileStore(store), eventStore(store), identityStore(store)];
    const [stays, goes] = await two(store);
    await profiles.upsertMany(
      [
        {
          email: 'reader-1@example.test',
          attributes: { name: 'Ann', vip: true },
          consents: [],
          frequency: { max: 2, per: 'week' },
        },
        {
          email: 'reader-2@example.test',
          attributes: { name: 'A.', city: 'Bonn' },
          consents: [],
          frequency: { max: 1, per: 'week' },
          pausedUntil: 50,
          timeZone: 'Europe/Berlin',
        },
      ],
      5,
    );
    await events.addMany([{ key: 'k', profileId: goes, type: 'order', at: 7, properties: { total: 3 } }], 8);
    await identities.resolve([{ profileId: goes, externalIds: [{ source: 'shop', value: '2' }] }], 9, {
      create: false,
    });
    const run = await makeRun(store, [goes]);

    expect(await merge(store, stays, goes)).toEqual({
      survivor: stays,
      merged: goes,
      email: 'reader-2@example.test',
      events: 1,
      sends: 1,
    });
    expect(await profiles.count()).toBe(1);
    const survivor = await profiles.byEmail('reader-2@example.test');
    expect(survivor).toMatchObject({
      id: stays,
      email: 'reader-1@example.test',
      attributes: { name: 'Ann', vip: true, city: 'Bonn' },
      frequency: { max: 1, per: 'week' },
      pausedUntil: 50,
      timeZone: 'Europe/Berlin',
      updatedAt: 100,
    });
    expect(await events.timeline(stays, 10)).toMatchObject([
      {
        type: 'merged',
        at: 100,
        properties: {
          profile: goes,
          email: 'reader-2@example.test',
          ...note,
          events: 1,
          sends: 1,
          attributes: { name: 'A.' },
        },
      },
      { type: 'order', at: 7 },
    ]);
    expect(await identities.externalIdsOf(stays)).toMatchObject([
      { source: 'email', value: 'reader-2@example.test' },
      { source: 'shop', value: '2' },
    ]);
    expect(await ledgerReader(store).sendOf(run.id, stays)).toMatchObject({ state: 'queued' });
    expect(await identities.find([{ profileId: goes, externalIds: [] }])).toEqual([stays]);
  });

  test('old ids and addresses lead through several merges', async () => {
    const store = await open();
    const [a = 0, b = 0, c = 0] = await makeReaders(store, 3);
    await merge(store, b, a);
    await merge(store, c, b);
    const identities = identityStore(store);
    expect(await identities.find([a, b, c].map((profileId) => ({ profileId, externalIds: [] })))).toEqual([
      c,
      c,
      c,
    ]);
    expect((await profileStore(store).byEmail('reader-1@example.test'))?.id).toBe(c);
    await expect(merge(store, a, b)).rejects.toMatchObject({ code: 'profile.same' });
    await expect(merge(store, c, 999)).rejects.toMatchObject({ code: 'profile.unknown' });
    await expect(merge(store, 999, c)).rejects.toMatchObject({ code: 'profile.unknown' });
    expect(await profileStore(store).count()).toBe(1);
  });

  test('the strictest consent wins, and an older agreement does not come back', async () => {
    const store = await open();
    const consents = consentStore(store);
    const [stays, goes] = await two(store);
    const state = (profileId: number, topic: string, word: 'in' | 'out', at: number) =>
      consents.change(profileId, topic, word, at, `of ${profileId}`);
    await state(stays, 'news', 'in', 20);
    await state(goes, 'news', 'out', 10);
    await state(stays, 'tips', 'out', 10);
    await state(goes, 'tips', 'in', 20);
    await state(goes, 'sales', 'in', 30);
    await merge(store, stays, goes);
    expect((await consents.of(stays)).filter(({ topic }) => topic !== 'offers')).toEqual([
      { topic: 'news', state: 'out', at: 20, source: `of ${goes}` },
      { topic: 'sales', state: 'in', at: 30, source: `of ${goes}` },
      { topic: 'tips', state: 'out', at: 20, source: `of ${stays}` },
    ]);
    expect((await consents.history(stays)).filter(({ topic }) => topic !== 'offers')).toHaveLength(5);
    expect(await consents.history(goes)).toEqual([]);
    // The shop's list says again what it said before.
    await state(stays, 'news', 'in', 20);
    expect(await consenting(store, [stays], 'news')).toEqual(new Set());
    await state(stays, 'news', 'in', 21);
    expect(await consenting(store, [stays], 'news')).toEqual(new Set([stays]));
  });

  test('a complaint follows the person, a dead mailbox does not', async () => {
    const store = await open();
    const suppressions = suppressionStore(store);
    const [a = 0, b = 0, c = 0] = await makeReaders(store, 3);
    await suppressions.add([
      { address: 'reader-2@example.test', reason: 'no such mailbox', source: 'refused: 550 5.1.1', at: 1 },
      { address: 'reader-3@example.test', reason: 'complaint', source: 'feedback loop', at: 2 },
    ]);
    await merge(store, a, b);
    expect(await suppressions.get('reader-1@example.test')).toBeUndefined();
    await merge(store, a, c);
    expect(await suppressions.get('reader-1@example.test')).toMatchObject({ reason: 'complaint' });
  });

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

  test('a letter that is written but not claimed is not sent to the old address', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    const run = await makeRun(store, [goes]);
    const lease = await sendLedger(store).lease(run.id, 10, 60_000);
    const requests = lease.sends.map((send) => ({ ...send, token: lease.token, decision: '{}' }));
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
      [{ id, profileId: goes, token: lease.token, decision: '{}' }],
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

  test('what was written under the old id meanwhile is moved later', async () => {
    const store = await open();
    const [stays, goes] = await two(store);
    await merge(store, stays, goes, 100);
    await eventStore(store).addMany(
      [{ key: 'late', profileId: goes, type: 'view', at: 1, properties: {} }],
      101,
    );
    await consentStore(store).change(goes, 'offers', 'out', 102, 'late');
    expect(await identityStore(store).settleMerges(100, 200)).toBe(0);
    expect(await identityStore(store).settleMerges(101, 200)).toBe(1);
    expect(await identityStore(store).settleMerges(101, 200)).toBe(0);
    expect((await eventStore(store).timeline(stays, 5)).map(({ type }) => type)).toContain('view');
    expect(await consenting(store, [stays], 'offers')).toEqual(new Set());
  });

  test('an event without a key that both have counts once', async () => {
    const store = await open();
    const events = eventStore(store);
    const [stays, goes] = await two(store);
    const both = { key: derivedKey('a@x.de', 'view', 7, {}), type: 'view', at: 7, properties: {} };
    const own = { ...both, key: derivedKey('a@x.de', 'view', 8, {}), at: 8 };
    await events.addMany([{ ...both, profileId: stays }], 10);
    await events.addMany(
      [both, own].map((event) => ({ ...event, profileId: goes })),
      11,
    );
    expect(await merge(store, stays, goes)).toMatchObject({ events: 1 });
    expect((await events.timeline(stays, 5)).map(({ type, at }) => [type, at])).toEqual([
      ['merged', 100],
      ['view', 8],
      ['view', 7],
    ]);
    await events.addMany([{ ...both, profileId: goes }], 101);
    expect(await identityStore(store).settleMerges(101, 200)).toBe(1);
    expect(await events.timeline(goes, 5)).toEqual([]);
    expect(await events.timeline(stays, 5)).toHaveLength(3);
  });

  test('merging while letters are being claimed leaves no letter behind and none to a profile that is gone', async () => {
    const store = await open();
    const ids = await makeReaders(store, 60);
    const run = await makeRun(store, ids);
    const claimSome = async () => {
      for (let round = 0; round < 8; round += 1) {
        const lease = await sendLedger(store).lease(run.id, 10, 60_000);
        const requests = lease.sends.map((send) => ({ ...send, token: lease.token, decision: '{}' }));
        if (requests.length > 0) await sendLedger(store).advance([], requests, undefined);
        await sendLedger(store).release(lease);
      }
    };
    const mergeSome = async (start: number) => {
      for (let at = start; at < 60; at += 4) await merge(store, ids[at + 1] ?? 0, ids[at] ?? 0);
    };
    await Promise.all([claimSome(), mergeSome(0), claimSome(), mergeSome(2)]);
    await claimSome();
    const { sends, profiles } = store.tables;
    const living = new Set((await store.orm.select({ id: profiles.id }).from(profiles)).map(({ id }) => id));
    const rows = await store.orm.select().from(sends);
    expect(living.size).toBe(30);
    expect(rows).toHaveLength(60);
    expect(rows.filter(({ state }) => state !== 'sending' && state !== 'skipped')).toEqual([]);
    // Whoever stayed has the letter; with the old id stays one that had left before, or one that was skipped.
    expect(rows.filter(({ profileId, state }) => living.has(profileId) && state === 'sending')).toHaveLength(
      30,
    );
    const left = rows.filter(({ profileId, state }) => !living.has(profileId) && state === 'skipped');
    expect(left.every(({ reason }) => reason === 'merged')).toBe(true);
  });

  test('many at once, several into one and one after the other, are as if merged singly', async () => {
    const singly = await open();
    const together = await open();
    const pairs = [
      [1, 2],
      [3, 4],
      [1, 5],
      [6, 1],
      [7, 8],
      [1, 8],
    ];
    const tables: Record<string, unknown>[][][] = [];
    for (const store of [singly, together]) {
      const ids = await mixed(store);
      const given = pairs.map(([stays = 0, goes = 0]) => ({
        survivor: ids[stays - 1] ?? 0,
        merged: ids[goes - 1] ?? 0,
      }));
      // The last pair names a profile that is gone by then, and takes the whole batch with it.
      const good = given.slice(0, -1);
      await expect(store.transaction((tx) => mergeProfiles(tx, given, note, 100))).rejects.toMatchObject({
        code: 'profile.unknown',
      });
      if (store === together) await store.transaction((tx) => mergeProfiles(tx, good, note, 100));
      else for (const pair of good) await store.transaction((tx) => mergeProfiles(tx, [pair], note, 100));
      tables.push(await allOf(store));
    }
    expect(tables[1]).toEqual(tables[0]);
    expect(tables[0]?.[0]).toHaveLength(3);
  });

  test('two merges of the same profiles at once: one is done', async () => {
    const store = await open();
    const [a, b] = await two(store);
    const results = await Promise.allSettled([merge(store, a, b), merge(store, b, a), merge(store, a, b)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(await profileStore(store).count()).toBe(1);
  });
});
