import { amountOf, unitsOf } from '../profiles/amounts.ts';
import { traitsOf } from '../profiles/traits.ts';
import { passes, testOf, withinBounds } from './comparisons.ts';
import { eventDemandsOf, type Matching, type Measure } from './demands.ts';
import { letterDemandOf, sentStates, shownBy } from './letters.ts';
import type { AsOf } from './moment.ts';
import { occurrenceOf, type Step, sequenceOf } from './occurrences.ts';
import { type RankedBy, rankingOf, thresholdOf } from './ranking.ts';
import type {
  BottomRule,
  DidNotRule,
  DidRule,
  FirstRule,
  LastRule,
  LetterRule,
  PlainRule,
  ResolvedRule,
  SequenceRule,
  TopRule,
} from './rule.ts';
import type { Where } from './rule-parts.ts';
import { defaultRuleSettings, type RuleSettings } from './settings.ts';
import { isEngagement, traitPasses, traitTestOf } from './trait-tests.ts';
import { branchOf, type Tree } from './tree.ts';

type Values = Readonly<Record<string, unknown>>;

/** An event as a rule sees it; `at` in ms since 1970 UTC. */
export interface SubjectEvent {
  readonly type: string;
  readonly at: number;
  readonly properties: Values;
}

/** A letter of the ledger as a rule sees it; `at` is when it left, in ms since 1970 UTC. */
export interface SubjectLetter {
  readonly campaign: string;
  readonly variant: string;
  readonly state: string;
  readonly at: number;
}

/** One customer with everything that happened to them, in the order in which it was stored. */
export interface Subject {
  readonly profile: { readonly id: number; readonly email: string | undefined; readonly attributes: Values };
  readonly events: readonly SubjectEvent[];
  readonly letters?: readonly SubjectLetter[];
}

/** What a rule is evaluated against besides the subject. */
export interface Surroundings {
  readonly settings?: RuleSettings;
  /** All whom profiles are ranked among; without it the subject is alone. */
  readonly everyone?: readonly Subject[];
}

interface Context extends AsOf {
  readonly settings: RuleSettings;
  readonly everyone: readonly Subject[];
}

/**
 * Whether a customer fits a rule at `now` (ms since 1970 UTC). This is what the rule language means; the store's
 * SQL is held against it by a property test.
 */
export function evaluate(
  rule: ResolvedRule,
  subject: Subject,
  now: number,
  { settings = defaultRuleSettings, everyone = [subject] }: Surroundings = {},
): boolean {
  const context: Context = { now, zone: settings.zone, settings, everyone };
  return holdsIn(rule, (leaf) => leafFits(leaf, subject, context));
}

function holdsIn<Leaf extends object>(tree: Tree<Leaf>, leafHolds: (leaf: Leaf) => boolean): boolean {
  const branch = branchOf(tree);
  if (branch.kind === 'all') return branch.of.every((part) => holdsIn(part, leafHolds));
  if (branch.kind === 'any') return branch.of.some((part) => holdsIn(part, leafHolds));
  if (branch.kind === 'not') return !holdsIn(branch.of, leafHolds);
  return leafHolds(branch.leaf);
}

function leafFits(leaf: PlainRule, subject: Subject, context: Context): boolean {
  const { profile, events } = subject;
  if ('everyone' in leaf) return true;
  if ('did' in leaf) return eventsFit(leaf, events, context);
  if ('didNot' in leaf) return !eventsFit(leaf, events, context);
  if ('first' in leaf || 'last' in leaf) return occurrenceFits(leaf, events, context);
  if ('sequence' in leaf) return sequenceFits(leaf, events, context);
  if ('top' in leaf || 'bottom' in leaf) return rankFits(leaf, subject, context);
  if ('letter' in leaf) return letterFits(leaf, subject, context);
  if ('trait' in leaf) {
    const asked = traitTestOf(leaf, context);
    return traitPasses(traitsOf(events, context.now, context.settings.traits)[asked.trait], asked);
  }
  const value = leaf.attribute === 'email' ? profile.email : own(profile.attributes, leaf.attribute);
  return passes(value, testOf(leaf, context));
}

function eventsFit(rule: DidRule | DidNotRule, events: readonly SubjectEvent[], asOf: AsOf): boolean {
  const demands = eventDemandsOf(rule, asOf);
  const matching = events.filter((event) => matches(event, demands, asOf));
  return demands.demands.every(({ measure, bounds }) => withinBounds(figure(measure, matching), bounds));
}

function matches(event: SubjectEvent, { type, from, until, where }: Matching, asOf: AsOf): boolean {
  return event.type === type && isIn(event.at, from, until) && propertiesFit(where, event.properties, asOf);
}

const isIn = (at: number, from: number | undefined, until: number) =>
  at < until && (from === undefined || at >= from);

function propertiesFit(where: Where | undefined, properties: Values, asOf: AsOf): boolean {
  if (where === undefined) return true;
  return holdsIn(where, (leaf) => passes(own(properties, leaf.property), testOf(leaf, asOf)));
}

function occurrenceFits(rule: FirstRule | LastRule, events: readonly SubjectEvent[], asOf: AsOf): boolean {
  const { end, among, from, until, where } = occurrenceOf(rule, asOf);
  // The sort is stable: of the events of one moment the one that was stored first stays first.
  const inOrder = events.filter((event) => matches(event, among, asOf)).sort((a, b) => a.at - b.at);
  const one = end === 'first' ? inOrder[0] : inOrder.at(-1);
  return one !== undefined && isIn(one.at, from, until) && propertiesFit(where, one.properties, asOf);
}

function sequenceFits(rule: SequenceRule, events: readonly SubjectEvent[], asOf: AsOf): boolean {
  const { first, steps } = sequenceOf(rule, asOf);
  const goesOn = (times: readonly number[], rest: readonly Step[]): boolean => {
    const [step, ...later] = rest;
    if (step === undefined) return true;
    const { gap, alike, wanted } = step;
    const before = times.at(-1) ?? 0;
    const unlike = alike === undefined ? undefined : times[alike];
    const next = events.filter(
      (event) =>
        matches(event, step, asOf) &&
        event.at >= before &&
        (unlike === undefined || event.at > unlike) &&
        (gap === undefined || event.at <= before + gap),
    );
    return wanted ? next.some((event) => goesOn([...times, event.at], later)) : next.length === 0;
  };
  return events.some((event) => matches(event, first, asOf) && goesOn([event.at], steps));
}

function rankFits(rule: TopRule | BottomRule, subject: Subject, context: Context): boolean {
  const ranking = rankingOf(rule, context);
  const value = rankedValue(ranking.by, subject, context);
  if (value === undefined) return false;
  const values = context.everyone.map((one) => rankedValue(ranking.by, one, context));
  const threshold = thresholdOf(
    ranking,
    values.filter((one) => one !== undefined),
  );
  if (threshold === undefined) return false;
  return ranking.end === 'top' ? value >= threshold : value <= threshold;
}

function rankedValue(by: RankedBy, { events }: Subject, context: Context): number | undefined {
  if ('events' in by) {
    const matching = events.filter((event) => matches(event, by.events, context));
    return matching.length === 0 ? undefined : figure(by.measure, matching);
  }
  const traits = traitsOf(events, context.now, context.settings.traits);
  if ((isEngagement(by.trait) ? traits[by.trait] : traits.orders) === 0) return undefined;
  const value = traits[by.trait];
  return typeof value === 'number' ? value : undefined;
}

function letterFits(rule: LetterRule, { events, letters = [] }: Subject, asOf: AsOf): boolean {
  const { fate, campaign, variant, from, until } = letterDemandOf(rule, asOf);
  const isMeant = (one: { at: number; campaign?: unknown; variant?: unknown }) =>
    isIn(one.at, from, until) &&
    (campaign === undefined || one.campaign === campaign) &&
    (variant === undefined || one.variant === variant);
  if (fate === 'sent') {
    return letters.some((one) => sentStates.some((state) => state === one.state) && isMeant(one));
  }
  return events.some(
    ({ type, at, properties }) =>
      shownBy[fate].some((shown) => shown === type) &&
      isMeant({ at, campaign: own(properties, 'campaign'), variant: own(properties, 'variant') }),
  );
}

function figure(measure: Measure, events: readonly SubjectEvent[]): number {
  if (measure.kind === 'count') return events.length;
  if (measure.kind === 'sum') {
    const { property, times } = measure;
    return events.reduce((sum, { properties }) => {
      const factor = times === undefined ? 1 : amountOf(own(properties, times));
      return sum + unitsOf(amountOf(own(properties, property)) * factor);
    }, 0);
  }
  const values = events.map(({ properties }) => own(properties, measure.property)).filter(isScalar);
  return new Set(values.map((value) => JSON.stringify(value))).size;
}

function own(values: Values, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

const isScalar = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
