import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Store } from '../../src/store/database.ts';

/** How SQLite's plans name our readings of the table `events`. */
export const OF_EVENTS = /^(SCAN|SEARCH) (e\d?|x|events)\b/;
/** By profile and type, or by type and time: all else reads more than the rule asks about. */
export const BOUNDED = /^SEARCH .*\((profile_id=\? AND type=\?.*|type=\? AND at.*)\)$/;

/** Readings of events in the plan of a query that go through all of them, or all of a type; none when it is bounded. */
export async function wideReadings(store: Pick<Store, 'rows' | 'phrases'>, query: SQL): Promise<string[]> {
  if (store.phrases.name === 'sqlite') {
    const plan = await store.rows<{ detail: string }>(sql`EXPLAIN QUERY PLAN ${query}`);
    return plan.flatMap(({ detail }) => (OF_EVENTS.test(detail) && !BOUNDED.test(detail) ? [detail] : []));
  }
  const [plan] = await store.rows<Record<string, unknown>>(sql`EXPLAIN (FORMAT JSON) ${query}`);
  const [top] = z.array(z.object({ Plan: node })).parse(plan?.['QUERY PLAN']);
  return top === undefined ? [] : wideNodes(top.Plan);
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string | undefined;
  readonly 'Index Name'?: string | undefined;
  readonly 'Index Cond'?: string | undefined;
  readonly Plans?: readonly Node[] | undefined;
}

const node: z.ZodType<Node> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Index Name': z.string().optional(),
  'Index Cond': z.string().optional(),
  get Plans() {
    return z.array(node).optional();
  },
});

/** A bitmap's heap scan is as wide as the index scan beneath it. */
function wideNodes(one: Node): string[] {
  const type = one['Node Type'];
  const isOfEvents =
    (one['Relation Name'] === 'events' && type !== 'Bitmap Heap Scan') ||
    one['Index Name']?.startsWith('events_') === true;
  const condition = one['Index Cond'] ?? '';
  const isBounded = /\bprofile_id\b|\bat\b/.test(condition);
  const own = isOfEvents && !isBounded ? [`${type} on events ${condition}`.trim()] : [];
  return [...own, ...(one.Plans ?? []).flatMap(wideNodes)];
}
