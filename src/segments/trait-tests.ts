import type { TraitSettings } from '../profiles/trait-settings.ts';
import { type EngagementName, engagement, noOrders, type TraitName, traitsFrom } from '../profiles/traits.ts';
import { passes, type Test, testOf } from './comparisons.ts';
import { type AsOf, spanOf } from './moment.ts';
import type { TraitComparison } from './rule.ts';
import { isTraitName, traitKinds } from './trait-words.ts';

/** What is asked of a trait: a test of its value, or that its moment (ms) lies in a stretch. */
export type TraitTest =
  | { readonly trait: TraitName; readonly test: Test }
  | { readonly trait: TraitName; readonly from: number; readonly until: number };

export function traitTestOf(rule: TraitComparison, asOf: AsOf): TraitTest {
  const trait = isTraitName(rule.trait) ? rule.trait : 'orders';
  if (traitKinds[trait] !== 'moment' || rule.exists !== undefined) return { trait, test: testOf(rule, asOf) };
  return { trait, ...spanOf(rule, asOf) };
}

/** Whether the value of a trait passes. */
export function traitPasses(value: number | string | undefined, asked: TraitTest): boolean {
  if ('test' in asked) return passes(value, asked.test);
  return typeof value === 'number' && value >= asked.from && value < asked.until;
}

/** The traits of a profile without any event. */
export function bareTraits(now: number, settings: TraitSettings) {
  return traitsFrom(
    noOrders,
    { opens30: 0, opens90: 0, clicks30: 0, clicks90: 0, replies30: 0, replies90: 0 },
    now,
    settings,
  );
}

export const isEngagement = (trait: TraitName): trait is EngagementName => Object.hasOwn(engagement, trait);
