import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { Identifiers } from '../../src/profiles/identity.ts';
import { consentStore } from '../../src/store/consents.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { identityStore } from '../../src/store/identity.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';

const shop = (value: string) => ({ source: 'shop', value });
const browser = (value: string) => ({ source: 'anonymousId', value });
const who = (email: string | undefined, ...values: string[]): Identifiers => ({
  email,
  externalIds: values.map(shop),
});
const creating = { create: true, by: 'test' } as const;

function ports(store: Store) {
  return { identities: identityStore(store), profiles: profileStore(store), events: eventStore(store) };
}

onEveryStore('identity', (open) => {
  test('makes each person once, however they are named and however often', async () => {
    const { identities, profiles } = ports(await open());
    const batch = [
      who('ann@example.com', '1'),
      who(undefined, '1'),
      who('ann@example.com'),
      who(undefined, '2'),
    ];
    const ids = await identities.resolve(batch, 1, creating);
    expect(ids[0]).toBeTypeOf('number');
    expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]]);
    expect(ids[3]).not.toBe(ids[0]);
    expect(await identities.resolve(batch, 2, creating)).toEqual(ids);
    expect(await identities.find(batch)).toEqual(ids);
    expect(await profiles.count()).toBe(2);
    expect((await profiles.byIds([ids[3] ?? 0])).get(ids[3] ?? 0)).toMatchObject({
      email: undefined,
      attributes: {},
    });
    expect(await identities.externalIdsOf(ids[0] ?? 0)).toEqual([{ ...shop('1'), createdAt: 1 }]);
  });

  test('leads no address of whoever it may be to a profile of which something is kept', async () => {
    const store = await open();
    const { identities, profiles } = ports(store);
    const user = (value: string, email?: string) => ({
      ...who(email),
      externalIds: [{ source: 'userId', value }],
    });
    const stranger = { create: true, by: 'a web page', isPublic: true } as const;
    const [victim = 0, agreed = 0, bare = 0] = await identities.resolve(
      [user('4711'), user('4712'), user('4713')],
      1,
      creating,
    );
    const named = (id: number) =>
      store.orm
        .update(store.tables.profiles)
        .set({ attributes: { name: 'Victor' } })
        .where(eq(store.tables.profiles.id, id));
    await named(victim);
    await consentStore(store).change(agreed, 'offers', 'in', 1, 'the shop');
    const [thief = 0] = await identities.resolve([who('thief@example.com')], 2, creating);
    const tries = [
      user('4711', 'evil@example.com'),
      user('4711', 'thief@example.com'),
      user('4712', 'evil@example.com'),
    ];
    for (const one of tries) await identities.resolve([one], 3, stranger);
    expect(await identities.find([user('4711'), user('4712'), who('evil@example.com')])).toEqual([
      victim,
      agreed,
      undefined,
    ]);
    expect(await profiles.byEmail('thief@example.com')).toMatchObject({ id: thief, attributes: {} });
    // Whom nothing is known of, and a visitor who is known by an id of the browser's alone, may say who they are.
    expect(await identities.resolve([user('4713', 'new@example.com')], 4, stranger)).toEqual([bare]);
    expect((await profiles.byEmail('new@example.com'))?.id).toBe(bare);
    const [came = 0] = await identities.resolve([{ externalIds: [browser('a')] }], 5, stranger);
    await named(came);
    await identities.resolve([{ email: 'came@example.com', externalIds: [browser('a')] }], 6, stranger);
    expect((await profiles.byEmail('came@example.com'))?.id).toBe(came);
    // By an address-less detour neither.
    await identities.resolve([{ externalIds: [browser('b'), ...user('4711').externalIds] }], 7, stranger);
    await identities.resolve([{ email: 'evil@example.com', externalIds: [browser('b')] }], 8, stranger);
    const evil = await profiles.byEmail('evil@example.com');
    expect([evil?.attributes, evil?.id === victim]).toEqual([{}, false]);
    expect(await identities.resolve([user('4711', 'victor@example.com')], 9, creating)).toEqual([victim]);
    expect((await profiles.byEmail('victor@example.com'))?.id).toBe(victim);
  });

  test('makes nobody when it is not asked to, nor for an id that nobody has', async () => {
    const { identities, profiles } = ports(await open());
    const batch = [who('ann@example.com'), who(undefined, '1'), who(undefined)];
    expect(await identities.resolve(batch, 1, { create: false })).toEqual([undefined, undefined, undefined]);
    const unknown = { profileId: 77, email: 'bob@example.com', externalIds: [] };
    expect(await identities.resolve([unknown, who(undefined)], 1, creating)).toEqual([undefined, undefined]);
    expect(await profiles.count()).toBe(0);
  });

  test('gives an address to whom only an external id was known, and takes new external ids', async () => {
    const { identities, profiles } = ports(await open());
    const [id] = await identities.resolve([who(undefined, '1')], 1, creating);
    expect(await identities.resolve([who('ann@example.com', '1', '2')], 2, creating)).toEqual([id]);
    expect((await profiles.byEmail('ann@example.com'))?.id).toBe(id);
    expect(await identities.find([who(undefined, '2')])).toEqual([id]);
    expect(await identities.resolve([who(undefined, '2', '3')], 3, { create: false })).toEqual([id]);
    expect(await identities.find([who(undefined, '3')])).toEqual([id]);
  });

  test('merges whom one call names twice, unless both have an address', async () => {
    const store = await open();
    const { identities, profiles, events } = ports(store);
    const [anonymous, ann, bob] = await identities.resolve(
      [who(undefined, 'cart'), who('ann@example.com', 'a'), who('bob@example.com', 'b')],
      1,
      creating,
    );
    const order = { key: 'k', profileId: anonymous ?? 0, type: 'order', at: 5, properties: {} };
    await events.addMany([order], 6);
    expect(await identities.resolve([who('ann@example.com', 'cart')], 10, creating)).toEqual([ann]);
    expect((await events.timeline(ann ?? 0, 10)).map((event) => event.type)).toEqual(['merged', 'order']);
    expect(await identities.find([{ profileId: anonymous, externalIds: [] }])).toEqual([ann]);
    expect(await profiles.count()).toBe(2);
    const both = [who('ann@example.com', 'b'), who(undefined, 'b', 'a'), who('bob@example.com', 'new', 'a')];
    expect(await identities.resolve(both, 11, creating)).toEqual([ann, bob, bob]);
    expect(await profiles.count()).toBe(2);
    expect(await identities.find([who(undefined, 'new')])).toEqual([bob]);
    for (const [one, other] of [
      [ann, bob],
      [bob, ann],
    ]) {
      expect(
        (await events.timeline(one ?? 0, 10)).filter((event) => event.type === 'conflict'),
      ).toMatchObject([{ properties: { profile: other, named: 'e-mail, shop', by: 'test' } }]);
    }
  });

  test('a second address changes nothing, or the address, as the caller says', async () => {
    const { identities, profiles, events } = ports(await open());
    const [id] = await identities.resolve([who('old@example.com', '1')], 1, creating);
    expect(await identities.resolve([who('new@example.com', '1')], 2, creating)).toEqual([id]);
    expect((await profiles.byEmail('old@example.com'))?.email).toBe('old@example.com');
    expect(await profiles.byEmail('new@example.com')).toBeUndefined();
    const change = { ...creating, changeEmail: true };
    expect(await identities.resolve([who('new@example.com', '1')], 3, change)).toEqual([id]);
    expect(await profiles.byEmail('old@example.com')).toMatchObject({ id, email: 'new@example.com' });
    expect(await identities.externalIdsOf(id ?? 0)).toMatchObject([
      { source: 'email', value: 'old@example.com' },
      shop('1'),
    ]);
    expect(await events.timeline(id ?? 0, 5)).toMatchObject([
      { type: 'address changed', properties: { from: 'old@example.com', to: 'new@example.com', by: 'test' } },
    ]);
    // The old address alone is still theirs, and does not bring itself back.
    expect(await identities.resolve([who('old@example.com')], 4, change)).toEqual([id]);
    expect((await profiles.byEmail('old@example.com'))?.email).toBe('new@example.com');
    await profiles.upsertMany([{ email: 'old@example.com', attributes: { n: 1 }, consents: [] }], 5);
    expect(await profiles.ensure(['old@example.com'], 5)).toBe(0);
    expect(await profiles.count()).toBe(1);
    expect((await profiles.byEmail('new@example.com'))?.attributes).toEqual({ n: 1 });
    // And back again.
    expect(await identities.resolve([who('old@example.com', '1')], 6, change)).toEqual([id]);
    expect((await profiles.byEmail('new@example.com'))?.email).toBe('old@example.com');
  });

  test('whoever sits down at the browser of somebody known is a person of their own', async () => {
    const { identities, profiles, events } = ports(await open());
    const at = (email: string | undefined, ...values: string[]): Identifiers => ({
      email,
      externalIds: [browser('shared'), ...values.map(shop)],
    });
    const change = { ...creating, changeEmail: true };
    const [ann = 0] = await identities.resolve([at(undefined)], 1, change);
    expect(await identities.resolve([at('ann@example.com', 'a')], 2, change)).toEqual([ann]);
    const [bob = 0, cy = 0] = await identities.resolve(
      [at('bob@example.com', 'b'), at(undefined, 'c')],
      3,
      change,
    );
    expect(new Set([ann, bob, cy]).size).toBe(3);
    expect(await identities.resolve([at(undefined, 'b'), at(undefined)], 4, change)).toEqual([bob, ann]);
    expect(await identities.find([at(undefined, 'b'), at(undefined, 'new'), at(undefined)])).toEqual([
      bob,
      undefined,
      ann,
    ]);
    expect((await profiles.byEmail('ann@example.com'))?.id).toBe(ann);
    for (const [one, other] of [
      [ann, cy],
      [bob, ann],
    ]) {
      const told = (await events.timeline(one ?? 0, 10)).map(({ properties }) => properties);
      expect(told).toContainEqual(expect.objectContaining({ profile: other, by: 'test' }));
    }
    // Named without the browser, who is new takes an address as anybody does; and two with one each stay two.
    expect(await identities.resolve([who('cy@example.com', 'c')], 5, change)).toEqual([cy]);
    expect(await identities.resolve([at('ann@example.com', 'c')], 6, change)).toEqual([ann]);
  });

  test('many at once neither double nor lose nor block each other', async () => {
    const { identities, profiles } = ports(await open());
    const names = Array.from({ length: 700 }, (_, index) => `p${index}`);
    const batch = names.map((name) => who(`${name}@example.com`, name, `${name}-too`));
    const found = await Promise.all([
      identities.resolve(batch, 1, creating),
      identities.resolve([...batch].reverse(), 1, creating),
      identities.resolve(
        names.map((name) => who(undefined, name)),
        1,
        creating,
      ),
      identities.resolve(
        names.map((name) => who(`${name}@example.com`)),
        1,
        creating,
      ),
      identities.resolve(
        [...names].reverse().map((name) => who(undefined, `${name}-too`)),
        1,
        creating,
      ),
    ]);
    expect(found.flat().every((id) => id !== undefined)).toBe(true);
    const settled = await identities.resolve(batch, 2, creating);
    expect(new Set(settled).size).toBe(700);
    expect(await profiles.count()).toBe(700);
    expect(await identities.find(names.map((name) => who(undefined, `${name}-too`)))).toEqual(settled);
  });

  test('values that try to break out stay values', async () => {
    const { identities } = ports(await open());
    const values = ["'; DROP TABLE profiles; --", '{"a":1}', '😀 "x" \\', '__proto__', 'shop 1'];
    const ids = await identities.resolve(
      values.map((value) => who(undefined, value)),
      1,
      creating,
    );
    expect(new Set(ids).size).toBe(values.length);
    expect(await identities.find(values.map((value) => who(undefined, value)))).toEqual(ids);
  });
});
