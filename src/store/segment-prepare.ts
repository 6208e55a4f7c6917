import { sql } from 'drizzle-orm';
import { eventDemandsOf } from '../segments/demands.ts';
import { letterDemandOf, shownBy } from '../segments/letters.ts';
import type { AsOf } from '../segments/moment.ts';
import { occurrenceOf, sequenceOf } from '../segments/occurrences.ts';
import { rankingOf } from '../segments/ranking.ts';
import { leavesOf } from '../segments/resolve.ts';
import type { BottomRule, PlainRule, ResolvedRule, TopRule } from '../segments/rule.ts';
import type { RuleSettings } from '../segments/settings.ts';
import { isEngagement, traitTestOf } from '../segments/trait-tests.ts';
import type { Store } from './database.ts';
import type { Compiling, Stretch } from './segment-compile.ts';
import { thresholdQuery } from './segment-ranks.ts';
import { eventsIn, knowStretches } from './segment-statistics.ts';
import { engagementEvents } from './segment-traits.ts';
import { builtTo, COMPLETE } from './trait-sql.ts';

/** Counting the stretches of more rules than this would itself take time. */
const MOST_COUNTED = 12;
/** A stretch with more events than this share of the profiles is wide: measured, reading one costs half a probe. */
const WIDE_SHARE = 0.6;

/** Thresholds that were looked up, by rule and moment: a campaign asks the same for every batch of letters. */
export type Thresholds = Map<string, Promise<number | undefined>>;
const MOST_KEPT = 100;

/** Looks up what compiling a rule needs to know of the data, off the event loop. */
export async function prepare(
  store: Store,
  rule: ResolvedRule,
  now: number,
  over: Compiling['over'],
  settings: RuleSettings,
  known: Thresholds,
): Promise<Compiling> {
  const leaves = leavesOf(rule);
  const asOf: AsOf = { now, zone: settings.zone };
  const all = over === 'audience' ? leaves.flatMap((leaf) => stretchesOf(leaf, asOf)) : [];
  const stretches = all.slice(0, MOST_COUNTED);
  const wide = store.phrases.name === 'sqlite' ? await wideOf(store, stretches) : new Set<string>();
  if (store.phrases.name === 'postgres') await knowStretches(store, stretches);
  const usesTraits = leaves.some((leaf) => 'trait' in leaf || ('by' in leaf && 'trait' in leaf.by));
  const readsOrders = over === 'audience' && leaves.some((leaf) => 'did' in leaf || 'didNot' in leaf);
  const built = usesTraits || readsOrders ? await builtTo(store, settings.traits) : 0;
  const compiling: Compiling = {
    ...asOf,
    phrases: store.phrases,
    settings,
    over,
    builtTo: built,
    folded: built === COMPLETE && (await fewWait(store)),
    isWide: (stretch) => wide.has(nameOf(stretch)),
    thresholds: new Map(),
  };
  const thresholds = new Map<TopRule | BottomRule, number | undefined>();
  for (const leaf of leaves) {
    if ('by' in leaf) thresholds.set(leaf, await thresholdFor(store, leaf, compiling, known));
  }
  return { ...compiling, thresholds };
}

/** Each profile that waits is computed from its events, which takes as long as many probes. */
const FEW = 5000;

async function fewWait(store: Store): Promise<boolean> {
  const row = await firstOf<{ count: number }>(
    store,
    sql`SELECT count(*) AS count FROM (SELECT 1 FROM trait_marks LIMIT ${FEW}) marks`,
  );
  return (row?.count ?? 0) < FEW;
}

async function thresholdFor(
  store: Store,
  rule: TopRule | BottomRule,
  compiling: Compiling,
  known: Thresholds,
): Promise<number | undefined> {
  const key = `${compiling.now} ${JSON.stringify(rule)}`;
  const kept = known.get(key);
  if (kept !== undefined) return kept;
  const query = thresholdQuery(rankingOf(rule, compiling), { ...compiling, over: 'audience' });
  const found = firstOf<{ value: number }>(store, query).then((row) => row?.value);
  if (known.size >= MOST_KEPT) known.clear();
  known.set(key, found);
  found.catch(() => known.delete(key));
  return found;
}

async function firstOf<T>(store: Store, query: ReturnType<typeof sql>): Promise<T | undefined> {
  for await (const [row] of store.scan<T>(query, 1)) return row;
  return undefined;
}

/** The stretches of time that a rule reads events of, where there is a choice how to read them. */
function stretchesOf(leaf: PlainRule, asOf: AsOf): Stretch[] {
  const found = stretchOf(leaf, asOf);
  return found.filter(({ from }) => from !== undefined);
}

function stretchOf(leaf: PlainRule, asOf: AsOf): Stretch[] {
  if ('did' in leaf || 'didNot' in leaf) return [eventDemandsOf(leaf, asOf)];
  if ('sequence' in leaf) return [sequenceOf(leaf, asOf).first];
  if ('first' in leaf || 'last' in leaf) {
    const { among, from, until } = occurrenceOf(leaf, asOf);
    return [{ type: among.type, from, until }];
  }
  if ('letter' in leaf) {
    const { fate, from, until } = letterDemandOf(leaf, asOf);
    return fate === 'sent' ? [] : shownBy[fate].map((type) => ({ type, from, until }));
  }
  if ('trait' in leaf) {
    const { trait } = traitTestOf(leaf, asOf);
    return isEngagement(trait) ? [engagementEvents(trait, asOf)] : [];
  }
  return [];
}

/**
 * The names of the wide stretches. Counting up to the bound costs some 40 ns an event on SQLite, whose planner
 * knows nothing of how events are spread; PostgreSQL's does, where it has looked.
 */
async function wideOf(store: Store, stretches: readonly Stretch[]): Promise<Set<string>> {
  const wide = new Set<string>();
  if (stretches.length === 0) return wide;
  const profiles = await firstOf<{ last: number | null }>(store, sql`SELECT max(id) AS last FROM profiles`);
  const bound = Math.ceil((profiles?.last ?? 0) * WIDE_SHARE) + 1000;
  for (const stretch of stretches) {
    const row = await firstOf<{ count: number }>(
      store,
      sql`SELECT count(*) AS count FROM (${eventsIn(stretch)} LIMIT ${bound}) stretch`,
    );
    if ((row?.count ?? 0) >= bound) wide.add(nameOf(stretch));
  }
  return wide;
}

const nameOf = ({ type, from, until }: Stretch) => `${from} ${until} ${type}`;
