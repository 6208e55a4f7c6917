import { asc, eq, type SQL, sql } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import type { Member, SavedSegment, SegmentStore } from '../segments/port.ts';
import { resolveRule, segmentsIn, unknownSegment } from '../segments/resolve.ts';
import { parseRule, type ResolvedRule, type Rule } from '../segments/rule.ts';
import type { Segment } from '../segments/segment.ts';
import { defaultRuleSettings, type RuleSettings } from '../segments/settings.ts';
import type { Database, Store } from './database.ts';
import { segmentPhrases } from './segment-phrases.ts';
import { prepare, type Thresholds } from './segment-prepare.ts';
import { segmentCondition } from './segment-sql.ts';

const CHUNK = 1000;

/** Segments over the tables `segments`, `profiles` and `events`. */
export function segmentStore(store: Store, settings: RuleSettings = defaultRuleSettings): SegmentStore {
  const thresholds: Thresholds = new Map();
  const resolve = async (rule: Rule): Promise<ResolvedRule> =>
    resolveRule(rule, segmentsIn(rule).length === 0 ? new Map() : await savedRules(store));
  const fits = async (rule: Rule, now: number, over: 'audience' | 'batch'): Promise<SQL> => {
    const resolved = await resolve(rule);
    return segmentCondition(resolved, await prepare(store, resolved, now, over, settings, thresholds));
  };
  return {
    ...library(store),
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

/** The saved segments themselves. */
function library(store: Store): Pick<SegmentStore, 'save' | 'get' | 'list' | 'remove'> {
  const { segments } = store.tables;
  return {
    save: (segment, now) => store.transaction((tx) => saveIn(tx, segment, now)),
    get: async (name) => {
      const [row] = await store.orm.select().from(segments).where(eq(segments.name, name));
      if (row !== undefined) return savedSegment(row);
      throw unknownSegment(name, (await savedRules(store)).keys());
    },
    list: async () => (await store.orm.select().from(segments).orderBy(asc(segments.name))).map(savedSegment),
    remove: (name) => store.transaction((tx) => removeIn(tx, name)),
  };
}

async function saveIn(
  tx: Database,
  segment: Segment,
  now: number,
): Promise<'added' | 'changed' | 'unchanged'> {
  const { segments } = tx.tables;
  const { name, rule } = segment;
  const about = segment.about ?? null;
  const saved = await savedRules(tx);
  resolveRule({ segment: name }, new Map([...saved, [name, rule]]));
  const [old] = await tx.orm.select().from(segments).where(eq(segments.name, name));
  if (old === undefined) {
    await tx.orm.insert(segments).values({ name, about, rule, updatedAt: now });
    return 'added';
  }
  if (old.about === about && canonical(old.rule) === canonical(rule)) return 'unchanged';
  await tx.orm.update(segments).set({ about, rule, updatedAt: now }).where(eq(segments.name, name));
  return 'changed';
}

async function removeIn(tx: Database, name: string): Promise<void> {
  const { segments } = tx.tables;
  const saved = await savedRules(tx);
  if (!saved.has(name)) throw unknownSegment(name, saved.keys());
  const users = [...saved].filter(([user, rule]) => user !== name && segmentsIn(rule).includes(name));
  if (users.length > 0) {
    const names = users.map(([user]) => user).join(', ');
    throw new DearError('segment.in-use', `The segment ${name} is used by ${names}.`, {
      kind: 'usage',
      mend: `Change or remove ${names} first.`,
    });
  }
  await tx.orm.delete(segments).where(eq(segments.name, name));
}

async function savedRules(db: Database): Promise<Map<string, Rule>> {
  const { segments } = db.tables;
  const rows = await db.orm.select({ name: segments.name, rule: segments.rule }).from(segments);
  return new Map(rows.map(({ name, rule }) => [name, parseRule(rule, savedName(name))]));
}

interface Row {
  readonly name: string;
  readonly about: string | null;
  readonly rule: unknown;
  readonly updatedAt: number;
}

function savedSegment({ name, about, rule, updatedAt }: Row): SavedSegment {
  return { name, about: about ?? undefined, rule: parseRule(rule, savedName(name)), updatedAt };
}

const savedName = (name: string) => `The saved segment ${name}: rule`;

/** JSON with its keys in order: PostgreSQL gives them back in an order of its own. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
