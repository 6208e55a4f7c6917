import { parseDuration } from '../duration.ts';
import { type Matching, matchingOf } from './demands.ts';
import type { AsOf } from './moment.ts';
import type { FirstRule, LastRule, SequenceRule } from './rule.ts';
import type { Where } from './rule-parts.ts';

/**
 * What is asked of a profile's first or last event of a type, of those that `among` lets through: that it lies in
 * the stretch and is as `where` says. Of events of one moment the one that was stored first is the first.
 */
export interface Occurrence {
  readonly end: 'first' | 'last';
  readonly among: Matching;
  readonly from: number | undefined;
  readonly until: number;
  readonly where: Where | undefined;
}

export function occurrenceOf(rule: FirstRule | LastRule, asOf: AsOf): Occurrence {
  const type = 'first' in rule ? rule.first : rule.last;
  const { from, until, where } = matchingOf(type, rule, rule.where, asOf);
  const among = matchingOf(type, {}, rule.among, asOf);
  return { end: 'first' in rule ? 'first' : 'last', among, from, until, where };
}

/** One step of a sequence after the first. */
export interface Step extends Matching {
  /** ms after the step before it in which it must happen; undefined means any time later. */
  readonly gap: number | undefined;
  /**
   * The last step before it that asks for the same type, the first being 0. Its event must be of an earlier moment: one
   * event is no two steps, and what is of one type and one moment, such as the lines of an order, is one happening.
   */
  readonly alike: number | undefined;
  readonly wanted: boolean;
}

/**
 * A sequence: an event as `first` says, and each of the steps at the moment of the one before it or later. Events of
 * one moment have no order: files often know the day alone.
 */
export interface Sequence {
  readonly first: Matching;
  readonly steps: readonly Step[];
}

/**
 * A step that must not happen within a gap is decided when the gap is over: until then, `until` of the step before
 * keeps its events out.
 */
export function sequenceOf({ sequence }: SequenceRule, asOf: AsOf): Sequence {
  const [start, ...rest] = sequence;
  const steps: Step[] = [];
  const types = [start?.did ?? ''];
  for (const { did, didNot, within, where } of rest) {
    const type = did ?? didNot ?? '';
    steps.push({
      ...matchingOf(type, {}, where, asOf),
      gap: within === undefined ? undefined : parseDuration(within),
      alike: types.includes(type) ? types.lastIndexOf(type) : undefined,
      wanted: did !== undefined,
    });
    types.push(type);
  }
  const first = matchingOf(start?.did ?? '', start ?? {}, start?.where, asOf);
  return waiting({ first, steps }, asOf.now);
}

function waiting({ first, steps }: Sequence, now: number): Sequence {
  const last = steps.at(-1);
  if (last === undefined || last.wanted || last.gap === undefined) return { first, steps };
  const over = now - last.gap + 1;
  const held = <M extends Matching>(one: M): M => ({ ...one, until: Math.min(one.until, over) });
  const before = steps.at(-2);
  if (before === undefined) return { first: held(first), steps };
  return { first, steps: [...steps.slice(0, -2), held(before), last] };
}
