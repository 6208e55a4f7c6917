import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Store } from '../../src/store/database.ts';
import { keepMarks } from '../../src/store/erased.ts';
import { identityStore } from '../../src/store/identity.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { onEveryStore } from '../stores.ts';

const few = fc.constantFrom('a', 'b', 'c', 'd');
const someCalls = fc.array(
  fc.record({
    email: fc.option(few, { nil: undefined, freq: 2 }),
    values: fc.uniqueArray(few, { maxLength: 3 }),
    visitor: fc.option(few, { nil: undefined }),
  }),
  { maxLength: 6 },
);
type Call = { email: string | undefined; values: string[]; visitor: string | undefined };

/** The calls, with names of one world's own. */
function named(world: string, calls: readonly Call[]) {
  return calls.map(({ email, values, visitor }) => ({
    email: email && `${world}-${email}@example.com`,
    externalIds: [
      ...(visitor === undefined ? [] : [{ source: 'anonymousId', value: `${world}-${visitor}` }]),
      ...values.map((value) => ({ source: 'shop', value: `${world}-${value}` })),
    ],
  }));
}

const everybody = ['a', 'b', 'c', 'd'].flatMap((name) => [
  { email: name, values: [], visitor: undefined },
  { email: undefined, values: [name], visitor: undefined },
  { email: undefined, values: [], visitor: name },
]);

onEveryStore('batches of calls', (open) => {
  test('come to the same as the calls one by one, whoever sent them', async () => {
    const store = await open();
    const [identities, profiles] = [identityStore(store), profileStore(store)];
    const together = async (world: string, calls: readonly Call[], options: { isPublic: boolean }) =>
      identities.resolve(named(world, calls), 1, { create: true, changeEmail: true, ...options });
    const single = async (world: string, calls: readonly Call[], options: { isPublic: boolean }) => {
      const ids: (number | undefined)[] = [];
      for (const call of calls) ids.push(...(await together(world, [call], options)));
      return ids;
    };
    const pictureOf = async (world: string, found: readonly (number | undefined)[]) => {
      const ids = await identities.find([
        ...named(world, everybody),
        ...found.map((profileId) => ({ profileId, externalIds: [] })),
      ]);
      const known = await profiles.byIds(ids.flatMap((id) => id ?? []));
      const order = [...new Set(ids)];
      return ids.map((id) => [id && order.indexOf(id), id && known.get(id)?.email?.replace(world, '')]);
    };
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(someCalls, someCalls, async (claims, calls) => {
        runs += 1;
        const pictures: unknown[] = [];
        for (const [world, take] of [
          [`t${runs}`, together],
          [`s${runs}`, single],
        ] as const) {
          const claimed = await take(world, claims, { isPublic: true });
          const before = await pictureOf(world, claimed);
          const found = await take(world, calls, { isPublic: false });
          pictures.push([before, await pictureOf(world, [...claimed, ...found])]);
        }
        expect(pictures[0]).toEqual(pictures[1]);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  test('cost one way to the database where all are known, and a second once anybody was erased', async () => {
    const store = await open();
    let ways = 0;
    const watched: Store = {
      ...store,
      rows: (query) => {
        ways += 1;
        return store.rows(query);
      },
    };
    const identities = identityStore(watched);
    const calls = named('ways', everybody);
    const resolve = async () => {
      ways = 0;
      return { ids: await identities.resolve(calls, 1, { create: true }), ways };
    };
    const { ids } = await resolve();
    expect(await resolve()).toEqual({ ids, ways: 1 });
    await store.transaction((tx) => keepMarks(tx, [store.mark('address', 'gone@example.com')], 1));
    expect(await resolve()).toEqual({ ids, ways: 2 });
  });
});
