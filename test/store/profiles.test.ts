import { expect, test } from 'vitest';
import type { ProfileChange } from '../../src/profiles/port.ts';
import { consentStore } from '../../src/store/consents.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';

const change = (email: string, more: Partial<ProfileChange> = {}): ProfileChange => ({
  email,
  attributes: {},
  consents: [],
  ...more,
});

onEveryStore('profiles', (open) => {
  test('adds, merges key by key, and knows when nothing changed', async () => {
    const profiles = profileStore(await open());
    const first = change('ann@example.com', { attributes: { city: 'Köln', age: 30, tags: ['a', { b: 1 }] } });
    expect(await profiles.upsertMany([first], 1000)).toEqual({ added: 1, updated: 0, unchanged: 0 });
    expect(await profiles.upsertMany([first], 2000)).toEqual({ added: 0, updated: 0, unchanged: 1 });
    expect((await profiles.byEmail('ann@example.com'))?.updatedAt).toBe(1000);
    const second = change('ann@example.com', { attributes: { city: 'Bonn', age: null, vip: true } });
    expect(await profiles.upsertMany([second], 3000)).toEqual({ added: 0, updated: 1, unchanged: 0 });
    expect(await profiles.byEmail('ann@example.com')).toMatchObject({
      attributes: { city: 'Bonn', tags: ['a', { b: 1 }], vip: true },
      createdAt: 1000,
      updatedAt: 3000,
    });
    expect((await profiles.byEmail('ann@example.com'))?.attributes).not.toHaveProperty('age');
    expect(await profiles.byEmail('bob@example.com')).toBeUndefined();
  });

  test('counts several changes of one address in their order', async () => {
    const profiles = profileStore(await open());
    const counts = await profiles.upsertMany(
      [
        change('z@example.com'),
        change('a@example.com', { attributes: { n: 1 } }),
        change('a@example.com', { attributes: { n: 1 } }),
        change('a@example.com', { attributes: { n: 2 } }),
      ],
      1,
    );
    expect(counts).toEqual({ added: 2, updated: 1, unchanged: 1 });
    expect((await profiles.byEmail('a@example.com'))?.attributes).toEqual({ n: 2 });
    expect(await profiles.count()).toBe(2);
  });

  test('keeps, changes and takes back preferences', async () => {
    const profiles = profileStore(await open());
    const preferences = {
      timeZone: 'Europe/Berlin',
      frequency: { max: 2, per: 'week' as const },
      quietHours: { from: 1260, to: 480 },
      pausedUntil: 5000,
    };
    await profiles.upsertMany([change('a@example.com', preferences)], 1);
    const profile = await profiles.byEmail('a@example.com');
    expect(profile).toMatchObject(preferences);
    const id = profile?.id ?? 0;
    expect(await profiles.setPreferences(id, { frequency: null, pausedUntil: 7000 }, 2)).toBe(true);
    expect(await profiles.setPreferences(id, { pausedUntil: 7000 }, 3)).toBe(false);
    expect(await profiles.byEmail('a@example.com')).toMatchObject({
      frequency: undefined,
      quietHours: { from: 1260, to: 480 },
      pausedUntil: 7000,
      updatedAt: 2,
    });
    expect(await profiles.setPreferences(999_999, { pausedUntil: 1 }, 3)).toBe(false);
  });

  test('consent that arrives with a profile is stored with its history, once', async () => {
    const store = await open();
    const profiles = profileStore(store);
    const consents = consentStore(store);
    const row = change('a@example.com', {
      consents: [{ topic: 'offers', state: 'in', at: undefined, source: 'shop' }],
    });
    expect(await profiles.upsertMany([row, row], 10)).toEqual({ added: 1, updated: 0, unchanged: 1 });
    expect(await profiles.upsertMany([row], 20)).toEqual({ added: 0, updated: 0, unchanged: 1 });
    const id = (await profiles.byEmail('a@example.com'))?.id ?? 0;
    expect(await consents.of(id)).toEqual([{ topic: 'offers', state: 'in', at: 10, source: 'shop' }]);
    expect(await consents.history(id)).toHaveLength(1);
  });

  test('reads many by id and by address, and makes bare ones', async () => {
    const profiles = profileStore(await open());
    const emails = Array.from({ length: 1200 }, (_, index) => `p${index}@example.com`);
    expect(await profiles.ensure([...emails, ...emails], 5)).toBe(1200);
    expect(await profiles.ensure(emails, 6)).toBe(0);
    const ids = await profiles.idsOf([...emails, 'nobody@example.com']);
    expect(ids.size).toBe(1200);
    const found = await profiles.byIds([...[...ids.values()].slice(0, 500), 999_999]);
    expect(found.size).toBe(500);
    expect(found.get(ids.get('p0@example.com') ?? 0)).toMatchObject({
      email: 'p0@example.com',
      attributes: {},
    });
    expect((await profiles.byIds([])).size).toBe(0);
    expect((await profiles.idsOf([])).size).toBe(0);
  });

  test('imports at the same time do not lose, double or block each other', async () => {
    const profiles = profileStore(await open());
    const emails = Array.from({ length: 300 }, (_, index) => `p${index}@example.com`);
    const rows = (key: string, order: string[]) =>
      order.map((email) => change(email, { attributes: { [key]: 1 } }));
    const sums = await Promise.all([
      profiles.upsertMany(rows('a', emails), 1),
      profiles.upsertMany(rows('b', [...emails].reverse()), 1),
      profiles.upsertMany(rows('c', emails), 1),
    ]);
    expect(sums.reduce((sum, one) => sum + one.added, 0)).toBe(300);
    expect(sums.reduce((sum, one) => sum + one.updated, 0)).toBe(600);
    expect((await profiles.byEmail('p7@example.com'))?.attributes).toEqual({ a: 1, b: 1, c: 1 });
  });

  test('keys and values with quotes, dollars and emoji come back as they went in', async () => {
    const profiles = profileStore(await open());
    const attributes = { 'a"b.c$': "it's 😀 \\ \n", null: 'null', "x'; DROP TABLE profiles": '{{x}}' };
    await profiles.upsertMany([change('a@example.com', { attributes })], 1);
    expect((await profiles.byEmail('a@example.com'))?.attributes).toEqual(attributes);
  });
});
