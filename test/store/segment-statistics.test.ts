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
  async function counted(rule: object) {
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
    const members = await segmentStore(watched).count(parseRule(rule, 'rule'), NOW);
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

  test('a stretch that it takes for empty is looked at before it is asked about', async () => {
    expect(await counted(browsers)).toMatchObject({ members: 0, looks: 0 });
    await add(30_000, 14, 0);
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
      // Each profile would read what all did in that time.
      const conditions = found.plan.filter((line) => /Index Cond: .*\bat\b.*AND \(profile_id = /.test(line));
      expect(conditions).toEqual([]);
    }
  });

  test('what is small stays small, and is not looked at', async () => {
    await add(500, 0.1, 0.05);
    expect(await counted({ did: 'view', within: '3h' })).toMatchObject({ looks: 0 });
  });
});
