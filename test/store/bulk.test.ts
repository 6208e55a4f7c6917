import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { ConsentChange } from '../../src/profiles/consent.ts';
import { attachExternalIds, erasedByIds } from '../../src/profiles/import/external-ids.ts';
import type { ProfileChange } from '../../src/profiles/port.ts';
import { type StatedEvent, StatedEvents } from '../../src/profiles/stated-events.ts';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { loadNamed, loadProfiles } from '../../src/store/bulk-profiles.ts';
import type { Bulk, Store } from '../../src/store/database.ts';
import { keepMarks } from '../../src/store/erased.ts';
import { identityStore } from '../../src/store/identity.ts';
import { openStore } from '../../src/store/open.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { addStated, loadStated } from '../../src/store/stated-events.ts';

const ends: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const end of ends) await end();
});

/** The bulk way of SQLite, and a store that has none. */
async function twoWays(): Promise<{ store: Store; bulk: Bulk; plain: Store }> {
  const opened = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'dear-bulk-'));
    const store = await openStore(join(folder, 'dear.db'), 'a secret of the tests');
    ends.push(
      () => store.close(),
      () => rm(folder, { recursive: true, force: true }),
    );
    return store;
  };
  const [store, plain] = [await opened(), await opened()];
  if (store.bulk === undefined) throw new Error('SQLite has a bulk way');
  return { store, bulk: store.bulk, plain: { ...plain, bulk: undefined } };
}

/** What is in the tables; profiles by address, as the ids that are passed over are not the same. */
async function content(store: Store) {
  const rows = (query: string) => store.rows<object>(sql.raw(query));
  const of = 'JOIN profiles p ON p.id = t.profile_id';
  return {
    profiles:
      await rows(`SELECT email, attributes, time_zone, frequency_max, frequency_per, quiet_from, quiet_to,
      paused_until, important_only, created_at, updated_at FROM profiles ORDER BY id`),
    externalIds: await rows(`SELECT source, value, email FROM external_ids t ${of} ORDER BY source, value`),
    consents: await rows(`SELECT email, topic, state, at, source, wording, proof FROM consents t ${of}
      ORDER BY email, topic`),
    changes:
      await rows(`SELECT email, topic, state, at, source, wording, proof, stated_at FROM consent_changes t ${of}
      ORDER BY email, t.id`),
    // What Dear itself tells on the timeline names profiles by id.
    events:
      await rows(`SELECT CASE WHEN type IN ('conflict', 'merged', 'address changed') THEN NULL ELSE key END AS key,
      digest, email, type, at, json_remove(properties, '$.profile') AS properties, received_at FROM events t ${of}
      ORDER BY email, at, t.id`),
    marks: await rows(`SELECT email FROM trait_marks t ${of} ORDER BY email, t.id`),
  };
}

const erased = ['e0@x.de', 'e1@x.de'];
const email = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 12 }).map((number) => `p${number}@x.de`) },
  { weight: 1, arbitrary: fc.constantFrom(...erased) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }).map((number) => `old${number}@x.de`) },
  { weight: 3, arbitrary: fc.uuid().map((id) => `${id}@x.de`) },
);
const value = fc.oneof(
  fc.string().map((text) => text.replaceAll('\u0000', '')),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant(['a', { b: 1 }]),
);
const consent: fc.Arbitrary<ConsentChange> = fc.record(
  {
    topic: fc.constantFrom('offers', 'news'),
    state: fc.constantFrom('in', 'out', 'pending'),
    at: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    source: fc.constantFrom('shop', 'form'),
    wording: fc.constantFrom('yes, please', undefined),
    proof: fc.constant('form 7'),
  },
  { requiredKeys: ['topic', 'state', 'at', 'source'] },
);
const change: fc.Arbitrary<ProfileChange> = fc.record(
  {
    email,
    attributes: fc.dictionary(fc.constantFrom('a', 'b', 'c"'), value),
    consents: fc.array(consent, { maxLength: 3 }),
    timeZone: fc.constantFrom('Europe/Berlin', 'Asia/Tokyo', null),
    frequency: fc.constantFrom({ max: 2, per: 'week' as const }, null),
    quietHours: fc.constantFrom({ from: 1260, to: 480 }, null),
    pausedUntil: fc.constantFrom(5000, null),
  },
  { requiredKeys: ['email', 'attributes', 'consents'] },
);

/** Some people who were erased, and some who had other addresses before. */
async function prepare(store: Store): Promise<void> {
  await store.transaction((tx) =>
    keepMarks(
      tx,
      [...erased.map((address) => store.mark('address', address)), store.mark('external id', 'shop erased')],
      1,
    ),
  );
  const identities = identityStore(store);
  for (let number = 0; number < 3; number += 1) {
    const externalIds = [{ source: 'shop', value: String(number) }];
    for (const email of [`old${number}@x.de`, `p${number}@x.de`]) {
      await identities.resolve([{ email, externalIds }], 1, { create: true, changeEmail: true, by: 'test' });
    }
  }
}

test('changes of profiles give the same store and counts by the bulk way as by statements', async () => {
  const { store, bulk, plain } = await twoWays();
  await prepare(store);
  await prepare(plain);
  let now = 10;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      now += 1;
      const told = await loadProfiles(bulk, changes, now);
      expect(told).toEqual(await profileStore(plain).upsertMany(changes, now));
      expect(await content(store)).toEqual(await content(plain));
      // The same once more changes nothing but what is said without a time, the same way.
      const again = await loadProfiles(bulk, changes, now);
      expect(again).toEqual(await profileStore(plain).upsertMany(changes, now));
    }),
    { numRuns: 150 },
  );
  expect(await content(store)).toEqual(await content(plain));
}, 60_000);

const externalId = fc.record({
  source: fc.constantFrom('shop', 'till'),
  value: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }).map(String) },
    { weight: 1, arbitrary: fc.constant('erased') },
    { weight: 30, arbitrary: fc.uuid() },
  ),
});
const named = fc.tuple(change, fc.array(externalId, { maxLength: 2 })).map(([one, externalIds]) => ({
  ...one,
  externalIds,
}));

/** What an import does where it looks at each in turn. */
async function resolveAndUpsert(store: Store, changes: readonly ProfileChange[], now: number) {
  const identities = identityStore(store);
  const barred = await erasedByIds(identities, changes);
  const rows = changes.filter((one) => !barred.has(one));
  await attachExternalIds(identities, rows, 'test', now);
  const { erased, ...counts } = await profileStore(store).upsertMany(rows, now);
  await attachExternalIds(identities, rows, 'test', now);
  const refused = changes.filter((one) => barred.has(one) || erased?.has(one.email) === true);
  return { ...counts, refused: refused.map((one) => one.email) };
}

test('external ids that are plain give the same store by the bulk way as when each is resolved', async () => {
  const { store, bulk, plain } = await twoWays();
  await prepare(store);
  await prepare(plain);
  let [now, quick] = [10, 0];
  const batch = fc.uniqueArray(named, { maxLength: 4, selector: (one) => one.email });
  await fc.assert(
    fc.asyncProperty(batch, async (changes) => {
      for (const again of [false, true]) {
        now += again ? 0 : 1;
        const told = await loadNamed(bulk, changes, now);
        const slow = await resolveAndUpsert(plain, changes, now);
        if (told === undefined) {
          expect(await resolveAndUpsert({ ...store, bulk: undefined }, changes, now)).toEqual(slow);
        } else {
          quick += 1;
          const { erased = new Set<string>(), ...counts } = told;
          const refused = changes.filter((one) => erased.has(one.email)).map((one) => one.email);
          expect({ ...counts, refused }).toEqual(slow);
        }
        expect(await content(store)).toEqual(await content(plain));
      }
    }),
    { numRuns: 150 },
  );
  // Both ways were gone often.
  expect(quick).toBeGreaterThan(50);
  expect(quick).toBeLessThan(290);
}, 60_000);

const event: fc.Arbitrary<StatedEvent> = fc.record({
  whose: fc.oneof({ weight: 6, arbitrary: email }, { weight: 1, arbitrary: fc.constantFrom(1, 2, 3) }),
  key: fc.option(
    fc.integer({ min: 0, max: 40 }).map((number) => `i:${number}`),
    { nil: undefined },
  ),
  digest: fc.integer({ min: 0, max: 3 }),
  type: fc.constantFrom('order', 'refund', 'view'),
  at: fc.integer({ min: 1, max: 20 }),
  properties: fc.constantFrom('{}', '{"total":"12.50"}', '{"name":"Zoë \\\\ \\"健太\\" \\n"}'),
});

test('events of files give the same store and counts by the bulk way as by statements', async () => {
  const { store, bulk, plain } = await twoWays();
  await prepare(store);
  await prepare(plain);
  let now = 10;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 30 }), fc.boolean(), async (list, create) => {
      now += 1;
      const events = StatedEvents.of(list);
      const told = await loadStated(store, bulk, events, create, now, defaultTraitSettings);
      expect(told).toEqual(await addStated(plain, events, create, now, defaultTraitSettings));
      expect(await content(store)).toEqual(await content(plain));
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('all that went the bulk way can be waited for, and others see it before', async () => {
  const { store, bulk } = await twoWays();
  await store.kept();
  const other = await openStore(String(await fileOf(store)), 'a secret of the tests');
  ends.unshift(() => other.close());
  const seen = () => other.rows<{ count: number }>(sql`SELECT count(*) AS count FROM events`);
  for (const [turn, key] of ['i:1', 'i:2', 'i:3'].entries()) {
    const one = { whose: 'a@x.de', key, digest: Number.NaN, type: 'view', at: 1, properties: '{}' };
    await loadStated(store, bulk, StatedEvents.of([one]), true, 1, defaultTraitSettings);
    expect(await seen()).toEqual([{ count: turn + 1 }]);
    await store.kept();
    await store.kept();
  }
  // The log that it would wait for may be gone: then all of it is in the file.
  await store.scrub();
  const last = { whose: 'a@x.de', key: 'i:4', digest: Number.NaN, type: 'view', at: 1, properties: '{}' };
  await loadStated(store, bulk, StatedEvents.of([last]), true, 1, defaultTraitSettings);
  await store.scrub();
  await store.kept();
  expect(await seen()).toEqual([{ count: 4 }]);
});

async function fileOf(store: Store): Promise<string | undefined> {
  const [main] = await store.rows<{ file: string }>(
    sql`SELECT file FROM pragma_database_list WHERE name = 'main'`,
  );
  return main?.file;
}

test('whose an address is holds no longer than nobody else has written', async () => {
  const { store, bulk } = await twoWays();
  const at = (moment: number): StatedEvent => ({
    whose: 'a@x.de',
    key: `i:${moment}`,
    digest: Number.NaN,
    type: 'view',
    at: moment,
    properties: '{}',
  });
  const load = (moment: number) =>
    loadStated(store, bulk, StatedEvents.of([at(moment)]), true, 1, defaultTraitSettings);
  expect(await load(1)).toMatchObject({ added: 1, profilesAdded: 1 });
  const profiles = profileStore(store);
  await profiles.ensure(['b@x.de'], 1);
  const ids = await profiles.idsOf(['a@x.de', 'b@x.de']);
  const survivor = ids.get('b@x.de') ?? 0;
  await identityStore(store).merge(survivor, ids.get('a@x.de') ?? 0, { by: 'test', why: 'test' }, 2);
  expect(await load(2)).toMatchObject({ added: 1, profilesAdded: 0 });
  const rows = await store.rows<{ id: number }>(sql`SELECT DISTINCT profile_id AS id FROM events`);
  expect(rows).toEqual([{ id: survivor }]);
});
