import { expect, test } from 'vitest';
import { derivedKey } from '../../src/profiles/event-key.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { mergeProfiles } from '../../src/store/merges.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { become, merge, note, two } from './merging.ts';

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
  test('merging while letters are being claimed leaves no letter behind and none to a profile that is gone', async () => {
    const store = await open();
    const ids = await makeReaders(store, 60);
    const run = await makeRun(store, ids);
    const claimSome = async () => {
      for (let round = 0; round < 8; round += 1) {
        const lease = await sendLedger(store).lease(run.id, 10, 60_000);
        const requests = lease.sends.map((send) => ({
          ...send,
          token: lease.token,
          decision: '{}',
          sourceHash: 'hash',
        }));
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
