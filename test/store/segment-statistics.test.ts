import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRule } from '../../src/segments/rule.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import { segmentStore } from '../../src/store/segments.ts';
import { freshPostgresDatabase, postgresUrl } from '../servers/index.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 24, 12);
const PROFILES = 2000;

describe.skipIf(postgresUrl() === undefined)('what PostgreSQL knows of the newest events', () => {
  let store: Store;
  let drop: () => Promise<unknown>;
  beforeAll(async () => {
    const database = await freshPostgresDatabase();
    drop = database.drop;
    store = await openStore(database.url, 'a secret of the tests');
    await store.run(sql`ALTER TABLE events SET (autovacuum_enabled = false)`);
    await store.run(sql`INSERT INTO profiles (email, attributes, created_at, updated_at)
      SELECT n || '@example.com', '{}', 1, 1 FROM generate_series(1, ${PROFILES}) AS n`);
    await add(100_000, 1000, 30);
    await store.run(sql`ANALYZE`);
  });
  afterAll(async () => {
    await store.close();
    await drop();
  });

  /** Views and orders, one order in seven, spread over a stretch of days before now and over all profiles. */
  async function add(count: number, fromDaysAgo: number, untilDaysAgo: number): Promise<void> {
    const [from, step] = [NOW - fromDaysAgo * DAY, ((fromDaysAgo - untilDaysAgo) * DAY) / count];
    await store.run(sql`INSERT INTO events (key, profile_id, type, at, properties, received_at)
      SELECT 'i:' || ${from}::bigint || '-' || n, 1 + n % ${PROFILES},
        CASE WHEN n % 7 = 0 THEN 'order' ELSE 'view' END, ${from}::bigint + n * ${Math.floor(step)}::bigint, '{}', 1
      FROM generate_series(1, ${count}) AS n`);
  }

  /** Counts a segment; how often the events were looked at for it, and the plan of its query with what it did. */
  async function counted(rule: object, now = NOW) {
    let looks = 0;
    const asked: SQL[] = [];
    const watched: Store = {
      ...store,
      run: (query) => {
        looks += 1;
        return store.run(query);
      },
      scan: (query, chunk) => {
        asked.push(query);
        return store.scan(query, chunk);
      },
    };
    const members = await segmentStore(watched).count(parseRule(rule, 'rule'), now);
    const plan = await store.rows<{ 'QUERY PLAN': string }>(sql`EXPLAIN (ANALYZE) ${asked.at(-1)}`);
    return { members, looks, plan: plan.map((row) => row['QUERY PLAN']) };
  }

  const basket = {
    sequence: [
      { did: 'view', within: '14d' },
      { didNot: 'order', within: '7d' },
    ],
  };
  const browsers = {
    all: [
      { did: 'view', within: '7d' },
      { didNot: 'order', within: '7d' },
    ],
  };

  /** Where each profile reads what all did in a time. */
  const readingAllForEach = (plan: readonly string[]) =>
    plan.filter((line) => /Index Cond: .*\bat\b.*AND \(profile_id = /.test(line));

  test('a batch is asked about profile by profile, whatever is known', async () => {
    await add(30_000, 14, 0);
    const ids = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const rule of [
      basket,
      browsers,
      { letter: 'opened', within: '7d' },
      { last: 'order', within: '7d' },
    ]) {
      const asked: SQL[] = [];
      const watched: Store = {
        ...store,
        rows: (query) => {
          asked.push(query);
          return store.rows(query);
        },
      };
      await segmentStore(watched).matching(parseRule(rule, 'rule'), NOW, ids);
      const plan = await store.rows<{ 'QUERY PLAN': string }>(sql`EXPLAIN ${asked.at(-1)}`);
      expect(readingAllForEach(plan.map((row) => row['QUERY PLAN']))).toEqual([]);
    }
  });

  test('a stretch that it takes for empty is looked at before it is asked about', async () => {
    for (const [rule, looks] of [
      [basket, 1],
      [browsers, 0],
      [
        {
          all: [
            { did: 'view', within: '7d', atLeast: 2 },
            { did: 'order', within: '7d' },
          ],
        },
        0,
      ],
    ] as const) {
      const found = await counted(rule);
      expect(found).toMatchObject({ looks });
      expect(readingAllForEach(found.plan)).toEqual([]);
    }
  });

  test('what is small stays small, and is not looked at', async () => {
    // Behind all that was looked at.
    const later = NOW + 5 * DAY;
    await add(1000, -4, -4.5);
    expect(await counted({ did: 'view', within: '2d' }, later)).toMatchObject({ looks: 0 });
    await add(1000, -4.5, -5);
    expect(await counted({ did: 'view', within: '2d' }, later)).toMatchObject({ looks: 1 });
  });
});
