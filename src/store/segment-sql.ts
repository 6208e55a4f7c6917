import { type SQL, sql } from 'drizzle-orm';
import { testOf } from '../segments/comparisons.ts';
import { eventDemandsOf } from '../segments/demands.ts';
import { letterDemandOf } from '../segments/letters.ts';
import { occurrenceOf, sequenceOf } from '../segments/occurrences.ts';
import { rankingOf } from '../segments/ranking.ts';
import type { AttributeComparison, DidNotRule, DidRule, PlainRule, ResolvedRule } from '../segments/rule.ts';
import { traitTestOf } from '../segments/trait-tests.ts';
import { type Compiling, halved, type Joining, joined, YES } from './segment-compile.ts';
import { eventCondition } from './segment-events.ts';
import { type Asked, figuresCondition, isFigures, opposite, united } from './segment-figures.ts';
import { letterCondition } from './segment-letters.ts';
import { occurrenceCondition, sequenceCondition } from './segment-order.ts';
import { rankCondition } from './segment-ranks.ts';
import { recencyFigures } from './segment-recency.ts';
import { traitCondition } from './segment-traits.ts';
import { jsonValue, textValue, type Value, valuePasses } from './segment-values.ts';

/**
 * Compiles a rule to a condition on `profiles p`, never NULL, which means on both databases what `evaluate` of
 * src/segments says. Every name and value of the rule is bound, none becomes part of the SQL's text.
 */
export function segmentCondition(rule: ResolvedRule, compiling: Compiling): SQL {
  const joining: Joining<PlainRule, Asked> = {
    leaf: (leaf, conjunct) => leafCondition(leaf, compiling, conjunct),
    not: opposite,
    branch: (kind, parts, conjunct) => branchCondition(kind, parts, compiling, conjunct),
  };
  const whole = joined(rule, joining, true);
  return isFigures(whole) ? figuresCondition(whole, compiling, true) : whole;
}

/** What is asked of figures becomes one question, and a condition, in the place of the first, beside others. */
function branchCondition(
  kind: 'all' | 'any',
  parts: readonly Asked[],
  compiling: Compiling,
  conjunct: boolean,
): Asked {
  const figures = parts.filter(isFigures);
  const [first] = figures;
  if (figures.length === parts.length) return united(kind, figures);
  const conditions = parts.flatMap((part) => {
    if (!isFigures(part)) return [part];
    return part === first ? [figuresCondition(united(kind, figures), compiling, conjunct)] : [];
  });
  return halved(kind, conditions);
}

function leafCondition(leaf: PlainRule, compiling: Compiling, conjunct: boolean): Asked {
  if ('everyone' in leaf) return YES;
  if ('did' in leaf) return didCondition(leaf, compiling, conjunct);
  if ('didNot' in leaf) return opposite(didCondition(leaf, compiling, false));
  if ('first' in leaf || 'last' in leaf) {
    return occurrenceCondition(occurrenceOf(leaf, compiling), compiling, conjunct);
  }
  if ('sequence' in leaf) return sequenceCondition(sequenceOf(leaf, compiling), compiling, conjunct);
  if ('letter' in leaf) return letterCondition(letterDemandOf(leaf, compiling), compiling, conjunct);
  if ('trait' in leaf) return traitCondition(traitTestOf(leaf, compiling), compiling, conjunct);
  if ('top' in leaf || 'bottom' in leaf) {
    return rankCondition(rankingOf(leaf, compiling), compiling.thresholds.get(leaf), compiling, conjunct);
  }
  return attributeCondition(leaf, compiling);
}

function didCondition(leaf: DidRule | DidNotRule, compiling: Compiling, conjunct: boolean): Asked {
  const demands = eventDemandsOf(leaf, compiling);
  return recencyFigures(demands, compiling) ?? eventCondition(demands, compiling, conjunct);
}

function attributeCondition(leaf: AttributeComparison, compiling: Compiling): SQL {
  const { phrases } = compiling;
  const value: Value =
    leaf.attribute === 'email'
      ? textValue(sql`p.email`)
      : jsonValue(sql`p.attributes`, leaf.attribute, phrases);
  return valuePasses(value, testOf(leaf, compiling), phrases);
}
