import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { type FollowDeps, followSegments } from '../../src/segments/follow.ts';
import { parseRule } from '../../src/segments/rule.ts';
import { defaultRuleSettings } from '../../src/segments/settings.ts';
import type { Store } from '../../src/store/database.ts';
import { eventStore } from '../../src/store/events.ts';
import { profileStore } from '../../src/store/profiles.ts';
import { followStore } from '../../src/store/segment-follow.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { onEveryStore } from '../stores.ts';
import { merge } from './merging.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 24, 12);

async function shop(store: Store, names: readonly string[]) {
  const emails = names.map((name) => `${name}@example.test`);
  await profileStore(store).ensure(emails, START);
  const ids = await profileStore(store).idsOf(emails);
  const id = (name: string) => ids.get(`${name}@example.test`) ?? 0;
  const segments = segmentStore(store);
  const time = { now: START };
  const deps: FollowDeps = {
    followed: followStore(store, defaultRuleSettings),
    segments,
    everyMs: 15 * MINUTE,
    clock: () => time.now,
  };
  let count = 0;
  return {
    id,
    segments,
    deps,
    time,
    look: () => followSegments(deps),
    orders: async (name: string, at: number) => {
      count += 1;
      const event = { key: `order-${count}`, profileId: id(name), type: 'order', at, properties: {} };
      await eventStore(store).addMany([event], time.now);
    },
    /** `entered anna` … in the order in which they were told. */
    told: async () => {
      const rows = await store.rows<{ type: string; email: string; at: number }>(sql`
        SELECT e.type AS type, p.email AS email, e.at AS at FROM events e JOIN profiles p ON p.id = e.profile_id
        WHERE e.type IN ('entered', 'left') ORDER BY e.at, e.type, p.email`);
      return rows.map(({ type, email, at }) => `${(at - START) / MINUTE} ${type} ${email.split('@')[0]}`);
    },
  };
}

const buyers = {
  name: 'buyers',
  about: undefined,
  rule: parseRule({ did: 'order', within: '2d' }, 'rule'),
  follow: true,
};

onEveryStore('followed segments', (open) => {
  test('the first look tells nothing, later ones tell who came and who went', async () => {
    const { segments, look, orders, told, time, id } = await shop(await open(), ['anna', 'ben', 'cleo']);
    await segments.save(buyers, START);
    await orders('anna', START - 1.5 * DAY);
    expect(await look()).toBe(1);
    expect(await told()).toEqual([]);
    await orders('ben', START + MINUTE);
    time.now = START + 14 * MINUTE;
    expect(await look()).toBe(0);
    time.now = START + 15 * MINUTE;
    expect(await look()).toBe(1);
    expect(await told()).toEqual(['15 entered ben']);
    expect(await look()).toBe(0);
    time.now = START + DAY;
    await look();
    expect(await told()).toEqual(['15 entered ben', '1440 left anna']);
    time.now = START + 3 * DAY;
    await orders('anna', time.now);
    await look();
    expect(await told()).toEqual(['15 entered ben', '1440 left anna', '4320 entered anna', '4320 left ben']);
    const came = parseRule(
      { did: 'entered', where: { property: 'segment', is: 'buyers' }, atLeast: 1 },
      'rule',
    );
    expect(await segments.matching(came, time.now, [id('anna'), id('ben'), id('cleo')])).toEqual(
      new Set([id('anna'), id('ben')]),
    );
  });

  test('a changed rule, and one that was not followed for a while, begin anew', async () => {
    const { segments, look, orders, told, time } = await shop(await open(), ['anna', 'ben']);
    await segments.save(buyers, START);
    await look();
    await orders('anna', START);
    await segments.save({ ...buyers, rule: parseRule({ did: 'order' }, 'rule') }, START);
    expect(await look()).toBe(1);
    await segments.save({ ...buyers, follow: false }, START);
    await orders('ben', START);
    time.now = START + DAY;
    expect(await look()).toBe(0);
    await segments.save(buyers, START);
    expect(await look()).toBe(1);
    expect(await told()).toEqual([]);
    expect(await segments.get('buyers')).toMatchObject({ follow: true, followedAt: START + DAY });
    await segments.remove('buyers');
    expect(await look()).toBe(0);
  });

  test('a change of a segment within it is no movement of customers either', async () => {
    const { segments, look, orders, told, time } = await shop(await open(), ['anna']);
    await segments.save({ ...buyers, name: 'inner', follow: false }, START);
    await segments.save({ ...buyers, rule: parseRule({ not: { segment: 'inner' } }, 'rule') }, START);
    await orders('anna', START - DAY);
    await look();
    await segments.save(
      { ...buyers, name: 'inner', follow: false, rule: parseRule({ did: 'view' }, 'rule') },
      START,
    );
    time.now = START + DAY;
    expect(await look()).toBe(1);
    expect(await told()).toEqual([]);
  });

  test('many at once tell each change once, and a look that stopped half-way is finished by the next', async () => {
    const names = Array.from({ length: 1300 }, (_, index) => `c${index}`);
    const store = await open();
    const { segments, look, told, time, deps, id } = await shop(store, names);
    await segments.save({ ...buyers, rule: parseRule({ attribute: 'vip', is: true }, 'rule') }, START);
    await look();
    await store.run(sql`UPDATE profiles SET attributes = '{"vip":true}'`);
    time.now = START + DAY;
    const stopping = new AbortController();
    const stopped: FollowDeps = {
      ...deps,
      followed: {
        ...deps.followed,
        change: async (...given) => {
          stopping.abort();
          return deps.followed.change(...given);
        },
      },
    };
    expect(await followSegments(stopped, stopping.signal)).toBe(0);
    const half = (await told()).length;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(1300);
    expect(await look()).toBe(0);
    await store.run(sql`UPDATE segments SET follow_until = 0`);
    await store.run(sql`DELETE FROM profiles WHERE id = ${id('c1299')}`);
    expect(await Promise.all([look(), look(), look()])).toContain(1);
    expect((await told()).length).toBe(1299);
    expect(new Set((await told()).map((line) => line.split(' ')[2])).size).toBe(1299);
  });

  test('who is merged stays a member, and is told to leave only where the one that remains does not fit', async () => {
    const store = await open();
    const names = ['anna', 'annaToo', 'ben', 'benToo', 'cleo', 'cleoToo'];
    const { segments, look, orders, told, time, id } = await shop(store, names);
    await segments.save(buyers, START);
    await segments.save(
      { ...buyers, name: 'vips', rule: parseRule({ attribute: 'vip', is: true }, 'rule') },
      START,
    );
    await look();
    const vip = (name: string, value: boolean) =>
      store.run(
        sql`UPDATE profiles SET attributes = ${JSON.stringify({ vip: value })} WHERE id = ${id(name)}`,
      );
    for (const name of ['anna', 'cleo', 'cleoToo']) await orders(name, START + MINUTE);
    await vip('ben', true);
    time.now = START + 15 * MINUTE;
    await look();
    const entered = ['15 entered anna', '15 entered ben', '15 entered cleo', '15 entered cleoToo'];
    expect(await told()).toEqual(entered);
    // What was said of benToo counts for both.
    await vip('benToo', false);
    for (const name of ['anna', 'ben', 'cleo']) await merge(store, id(`${name}Too`), id(name), time.now);
    time.now = START + 30 * MINUTE;
    await look();
    const moved = ['15 entered annaToo', '15 entered benToo', '15 entered cleoToo', '15 entered cleoToo'];
    expect(await told()).toEqual([...moved, '30 left benToo']);
    time.now = START + 3 * DAY;
    await look();
    const gone = ['4320 left annaToo', '4320 left cleoToo'];
    expect(await told()).toEqual([...moved, '30 left benToo', ...gone]);
    expect(await store.rows(sql`SELECT * FROM segment_members`)).toEqual([]);
  });

  test('a merge during a look moves nobody', async () => {
    const store = await open();
    const { segments, look, orders, told, time, deps, id } = await shop(store, ['anna', 'annaToo']);
    await segments.save(buyers, START);
    await look();
    await orders('anna', START + MINUTE);
    time.now = START + 15 * MINUTE;
    await look();
    time.now = START + 30 * MINUTE;
    let merged = false;
    const mergeOnce = async () => {
      if (merged) return;
      merged = true;
      await merge(store, id('annaToo'), id('anna'), time.now);
    };
    // Between the first of the two readings and the second, whichever that is.
    const during: FollowDeps = {
      ...deps,
      segments: {
        members: async function* (...given) {
          for await (const ids of segments.members(...given)) {
            await mergeOnce();
            yield ids;
          }
        },
      },
      followed: {
        ...deps.followed,
        known: async function* (...given) {
          for await (const ids of deps.followed.known(...given)) {
            await mergeOnce();
            yield ids;
          }
        },
      },
    };
    await followSegments(during);
    time.now = START + 45 * MINUTE;
    await look();
    expect(await told()).toEqual(['15 entered annaToo']);
  });

  test('a look whose lease went to another does nothing', async () => {
    const store = await open();
    const { segments, deps, id, told, time } = await shop(store, ['anna']);
    await segments.save(buyers, START);
    const held = await deps.followed.lease(START, deps.everyMs, MINUTE);
    expect(await deps.followed.lease(START, deps.everyMs, MINUTE)).toBeUndefined();
    await store.run(sql`UPDATE segments SET follow_until = 0`);
    time.now = START + DAY;
    expect(await deps.followed.lease(time.now, deps.everyMs, MINUTE)).toBeDefined();
    if (held === undefined) throw new Error('nothing was leased');
    const changes = { entered: [id('anna')], left: [] };
    expect(await deps.followed.change({ ...held, baseline: false }, changes, START, MINUTE)).toBe(false);
    expect(await told()).toEqual([]);
  });
});
