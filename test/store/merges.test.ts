import { expect, test } from 'vitest';
import { derivedKey } from '../../src/profiles/event-key.ts';
import { consentStore } from '../../src/store/consents.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { suppressionStore } from '../../src/store/suppressions.ts';
import { consenting } from '../fixtures/consenting.ts';
import { makeReaders, makeRun } from '../fixtures/planned.ts';
import { onEveryStore } from '../stores.ts';
import { merge, note, two } from './merging.ts';

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
});
