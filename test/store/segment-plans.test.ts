import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultTraitSettings } from '../../src/profiles/trait-settings.ts';
import { rankingOf } from '../../src/segments/ranking.ts';
import { leavesOf, resolveRule } from '../../src/segments/resolve.ts';
import { parseRule, type ResolvedRule } from '../../src/segments/rule.ts';
import { defaultRuleSettings } from '../../src/segments/settings.ts';
import type { Store } from '../../src/store/database.ts';
import { openStore } from '../../src/store/open.ts';
import type { Compiling } from '../../src/store/segment-compile.ts';
import { prepare } from '../../src/store/segment-prepare.ts';
import { thresholdQuery } from '../../src/store/segment-ranks.ts';
import { segmentCondition } from '../../src/store/segment-sql.ts';
import { figuresQuery } from '../../src/store/trait-sql.ts';
import { traitStore } from '../../src/store/traits.ts';
import { BOUNDED, OF_EVENTS } from '../bench/event-readings.ts';
import { typicalSegments } from '../bench/typical-segments.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

describe('plans of SQLite', () => {
  let store: Store;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dear-plans-'));
    store = await openStore(join(folder, 'dear.db'), 'secret');
    await traitStore(store, defaultTraitSettings).fold();
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function readingsOf(query: SQL): Promise<string[]> {
    const plan = await store.rows<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${query}`);
    return plan.map(({ detail }) => detail).filter((detail) => OF_EVENTS.test(detail));
  }

  async function compiled(rule: ResolvedRule, change: Partial<Compiling> = {}): Promise<Compiling> {
    const compiling = await prepare(store, rule, NOW, 'audience', defaultRuleSettings, new Map());
    const thresholds = new Map(
      leavesOf(rule).flatMap((leaf) => ('by' in leaf ? [[leaf, 500] as const] : [])),
    );
    return { ...compiling, thresholds, ...change };
  }

  const ways: readonly [string, Partial<Compiling>][] = [
    ['where windows hold few events', {}],
    ['where windows hold many', { isWide: () => true }],
    ['for a batch', { over: 'batch' }],
    ['before orders are folded', { folded: false, isWide: () => true }],
  ];
  const cases = typicalSegments.flatMap((segment) =>
    ways.map(([way, change]) => ({ ...segment, way, change })),
  );

  test.each(cases)('$name, $way: no scan of events', async ({ rule, change }) => {
    const resolved = resolveRule(parseRule(rule, 'rule'), new Map());
    const compiling = await compiled(resolved, change);
    const condition = segmentCondition(resolved, compiling);
    const queries = [sql`SELECT count(*) FROM profiles p WHERE ${condition}`];
    for (const leaf of leavesOf(resolved)) {
      if ('by' in leaf) queries.push(thresholdQuery(rankingOf(leaf, compiling), compiling));
    }
    const readings = (await Promise.all(queries.map(readingsOf))).flat();
    expect(readings.filter((reading) => !BOUNDED.test(reading))).toEqual([]);
    const readsEvents = !('attribute' in rule);
    expect(readings.length > 0).toBe(readsEvents);
  });

  test('all that is asked of figures is asked in one reading of them', async () => {
    const rule = {
      all: [
        { didNot: 'order', within: '180d' },
        { did: 'order', before: '180d ago' },
        { any: [{ trait: 'orderTotal', gt: 500 }, { not: { trait: 'stage', is: 'former' } }] },
        { top: '10%', by: { trait: 'orders' } },
        { attribute: 'country', is: 'France' },
        { trait: 'opens30', gt: 2 },
      ],
    };
    const readings = async (written: unknown) => {
      const resolved = resolveRule(parseRule(written, 'rule'), new Map());
      const condition = segmentCondition(resolved, await compiled(resolved, { isWide: () => true }));
      const plan = await store.rows<{ detail: string }>(
        sql`EXPLAIN QUERY PLAN SELECT count(*) FROM profiles p WHERE ${condition}`,
      );
      return plan.filter(({ detail }) => detail === 'SCAN t').length;
    };
    expect(await readings(rule)).toBe(await readings({ trait: 'orders', gt: 2 }));
  });

  test('a step of a sequence is looked up by profile', async () => {
    const rule = {
      sequence: [{ did: 'view' }, { did: 'order', within: '7d' }, { didNot: 'view', within: '1d' }],
    };
    const resolved = resolveRule(parseRule(rule, 'rule'), new Map());
    const condition = segmentCondition(resolved, await compiled(resolved));
    const readings = await readingsOf(sql`SELECT count(*) FROM profiles p WHERE ${condition}`);
    expect(readings).toHaveLength(3);
    for (const reading of readings) expect(reading).toContain('events_profile (profile_id=?');
  });

  test('a scan would be seen', async () => {
    const readings = await readingsOf(sql`SELECT count(*) FROM events e WHERE e.properties LIKE '%x%'`);
    expect(readings).toHaveLength(1);
    expect(readings[0]).not.toMatch(BOUNDED);
  });

  test('folding reads the events of the profiles that it folds', async () => {
    const ids = sql`(SELECT id FROM profiles WHERE id > 7 AND id <= 507)`;
    const figures = figuresQuery(store.phrases, defaultTraitSettings, sql`e.profile_id IN ${ids}`, undefined);
    const readings = await readingsOf(figures);
    expect(readings).toHaveLength(1);
    expect(readings[0]).toContain('events_profile (profile_id=? AND type=?)');
  });
});
