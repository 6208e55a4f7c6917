import type { TraitName } from '../profiles/traits.ts';
import { type Matching, type Measure, matchingOf } from './demands.ts';
import type { AsOf } from './moment.ts';
import type { BottomRule, TopRule } from './rule.ts';
import { shareOf } from './rule-leaves.ts';
import { isTraitName } from './trait-words.ts';

/** What profiles are ranked by. Only those take part who have an order, an open …, or a matching event. */
export type RankedBy =
  | { readonly trait: TraitName }
  | { readonly events: Matching; readonly measure: Measure };

/** Who is among the first or last so many of those ranked; all who are level with the last of them are too. */
export interface Ranking {
  readonly end: 'top' | 'bottom';
  /** So many, or so many hundredths of a percent of those ranked, rounded up. */
  readonly size: { readonly count: number } | { readonly hundredths: number };
  readonly by: RankedBy;
}

export function rankingOf(rule: TopRule | BottomRule, asOf: AsOf): Ranking {
  const share = 'top' in rule ? rule.top : rule.bottom;
  return {
    end: 'top' in rule ? 'top' : 'bottom',
    size: typeof share === 'number' ? { count: share } : { hundredths: shareOf(share) },
    by: rankedBy(rule.by, asOf),
  };
}

function rankedBy({ trait, did, sum, distinct, where, ...times }: TopRule['by'], asOf: AsOf): RankedBy {
  if (trait !== undefined && isTraitName(trait)) return { trait };
  const events = matchingOf(did ?? '', times, where, asOf);
  if (sum !== undefined) {
    return { events, measure: { kind: 'sum', property: sum.property, times: sum.times } };
  }
  return {
    events,
    measure: distinct === undefined ? { kind: 'count' } : { kind: 'distinct', property: distinct.property },
  };
}

/** The value of the last one in, of all values; undefined when nobody is ranked. */
export function thresholdOf({ end, size }: Ranking, values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => (end === 'top' ? b - a : a - b));
  const wanted = 'count' in size ? size.count : Math.ceil((sorted.length * size.hundredths) / 10_000);
  return sorted[Math.min(wanted, sorted.length) - 1];
}
