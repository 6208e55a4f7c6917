import { asc, eq, type InferSelectModel } from 'drizzle-orm';
import { DearError } from '../errors.ts';
import type { SavedSegment, SegmentStore } from '../segments/port.ts';
import { resolveRule, segmentsIn, unknownSegment } from '../segments/resolve.ts';
import { parseRule, type Rule } from '../segments/rule.ts';
import type { Segment } from '../segments/segment.ts';
import type { Database, Store, Tables } from './database.ts';

/** The saved segments themselves. */
export function segmentLibrary(store: Store): Pick<SegmentStore, 'save' | 'get' | 'list' | 'remove'> {
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
  const follow = segment.follow === true ? 1 : 0;
  const saved = await savedRules(tx);
  resolveRule({ segment: name }, new Map([...saved, [name, rule]]));
  const [old] = await tx.orm.select().from(segments).where(eq(segments.name, name));
  if (old === undefined) {
    await tx.orm.insert(segments).values({ name, about, rule, follow, updatedAt: now });
    return 'added';
  }
  if (old.about === about && old.follow === follow && canonical(old.rule) === canonical(rule)) {
    return 'unchanged';
  }
  const set = { about, rule, follow, updatedAt: now, followedAt: null };
  await tx.orm.update(segments).set(set).where(eq(segments.name, name));
  if (follow === 0) await forgetMembers(tx, name);
  return 'changed';
}

/** Whoever follows it again begins with a new first look. */
async function forgetMembers(tx: Database, name: string): Promise<void> {
  const { segments, segmentMembers } = tx.tables;
  await tx.orm.delete(segmentMembers).where(eq(segmentMembers.segment, name));
  await tx.orm.update(segments).set({ followedRule: null, followedAt: null }).where(eq(segments.name, name));
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
  await forgetMembers(tx, name);
  await tx.orm.delete(segments).where(eq(segments.name, name));
}

/** The rules of all saved segments by name. */
export async function savedRules(db: Database): Promise<Map<string, Rule>> {
  const { segments } = db.tables;
  const rows = await db.orm.select({ name: segments.name, rule: segments.rule }).from(segments);
  return new Map(rows.map(({ name, rule }) => [name, parseRule(rule, savedName(name))]));
}

function savedSegment(row: InferSelectModel<Tables['segments']>): SavedSegment {
  const { name, about, rule, updatedAt } = row;
  return {
    name,
    about: about ?? undefined,
    rule: parseRule(rule, savedName(name)),
    follow: row.follow === 1,
    followedAt: row.followedAt ?? undefined,
    updatedAt,
  };
}

const savedName = (name: string) => `The saved segment ${name}: rule`;

/** JSON with its keys in order: PostgreSQL gives them back in an order of its own. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
