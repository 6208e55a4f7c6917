import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ANONYMOUS, FORMER_EMAIL } from '../profiles/identity.ts';
import type { ExportedMember, Member, SegmentStore } from '../segments/port.ts';
import { resolveRule, segmentsIn } from '../segments/resolve.ts';
import type { ResolvedRule, Rule } from '../segments/rule.ts';
import { defaultRuleSettings, type RuleSettings } from '../segments/settings.ts';
import type { Store } from './database.ts';
import { jsonOf, objectOf } from './json-column.ts';
import { savedRules, segmentLibrary } from './segment-library.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { prepare, type Thresholds } from './segment-prepare.ts';
import { segmentCondition } from './segment-sql.ts';

const CHUNK = 1000;

/** Segments over the tables `segments`, `profiles`, `events` and what is derived from them. */
export function segmentStore(store: Store, settings: RuleSettings = defaultRuleSettings): SegmentStore {
  const thresholds: Thresholds = new Map();
  const resolve = async (rule: Rule): Promise<ResolvedRule> =>
    resolveRule(rule, segmentsIn(rule).length === 0 ? new Map() : await savedRules(store));
  const fits = async (rule: Rule, now: number, over: 'audience' | 'batch'): Promise<SQL> => {
    const resolved = await resolve(rule);
    return segmentCondition(resolved, await prepare(store, resolved, now, over, settings, thresholds));
  };
  return {
    ...segmentLibrary(store),
    resolve,
    count: async (rule, now) => {
      const query = sql`SELECT count(*) AS members FROM profiles p WHERE ${await fits(rule, now, 'audience')}`;
      for await (const [row] of store.scan<{ members: number }>(query)) return Number(row?.members ?? 0);
      return 0;
    },
    sample: async (rule, now, size) => {
      const members: Member[] = [];
      const condition = await fits(rule, now, 'audience');
      // Ids scattered by a multiplication: examples from all over, the same each time, without a random order.
      const query = sql`SELECT p.id AS id, p.email AS email FROM profiles p WHERE ${condition} ORDER BY ((p.id % 1000003) * 7919) % 1000003, p.id LIMIT ${size}`;
      for await (const rows of store.scan<Member>(query)) members.push(...rows);
      return members;
    },
    export: async function* (rule, now) {
      const condition = await fits(rule, now, 'audience');
      const ids = segmentPhrases(store.phrases).pairs(sql`x.source`, sql`x.value`, sureIds, inOrder);
      const query = sql`SELECT p.id AS id, p.email AS email, p.attributes AS attributes, ${ids} AS "externalIds" FROM profiles p WHERE ${condition} ORDER BY p.id`;
      for await (const rows of store.scan<ExportedRow>(query, CHUNK)) yield rows.map(exported);
    },
    members: async function* (rule, now, { afterId } = {}) {
      const condition = await fits(rule, now, 'audience');
      const after = afterId === undefined ? sql`` : sql`p.id > ${afterId} AND `;
      const query = sql`SELECT p.id AS id FROM profiles p WHERE ${after}${condition} ORDER BY p.id`;
      for await (const rows of store.scan<{ id: number }>(query, CHUNK)) yield rows.map((row) => row.id);
    },
    matching: async (rule, now, profileIds) => {
      const ids = segmentPhrases(store.phrases).ids(profileIds);
      const condition = await fits(rule, now, 'batch');
      const rows = await store.rows<{ id: number }>(
        sql`SELECT p.id AS id FROM profiles p WHERE p.id IN ${ids} AND ${condition}`,
      );
      return new Set(rows.map((row) => row.id));
    },
  };
}

/** The external ids of the profile `p` that are surely its own; thousands of browsers may be. */
const sureIds = sql`FROM external_ids x WHERE x.profile_id = p.id AND x.claimed IS NULL
  AND x.source NOT IN (${ANONYMOUS}, ${FORMER_EMAIL})`;
const inOrder = sql`x.source, x.created_at, x.value`;

interface ExportedRow extends Member {
  readonly attributes: unknown;
  readonly externalIds: unknown;
}

const pairs = z.array(z.tuple([z.string(), z.string()]));

function exported({ id, email, attributes, externalIds }: ExportedRow): ExportedMember {
  const ids = pairs.parse(jsonOf(externalIds) ?? []).map(([source, value]) => ({ source, value }));
  return { id, email, externalIds: ids, attributes: objectOf(attributes) };
}
