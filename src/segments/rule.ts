import type { z } from 'zod';
import { explainRule, pathText } from './rule-errors.ts';
import {
  AttributeSchema,
  BottomSchema,
  DidNotSchema,
  DidSchema,
  EveryoneSchema,
  FirstSchema,
  LastSchema,
  LetterSchema,
  SegmentSchema,
  SequenceSchema,
  TopSchema,
  TraitSchema,
} from './rule-leaves.ts';
import { refuseHuge } from './size.ts';
import { type Tree, treeOf } from './tree.ts';

export type AttributeComparison = z.output<typeof AttributeSchema>;
export type TraitComparison = z.output<typeof TraitSchema>;
export type DidRule = z.output<typeof DidSchema>;
export type DidNotRule = z.output<typeof DidNotSchema>;
export type FirstRule = z.output<typeof FirstSchema>;
export type LastRule = z.output<typeof LastSchema>;
export type SequenceRule = z.output<typeof SequenceSchema>;
export type TopRule = z.output<typeof TopSchema>;
export type BottomRule = z.output<typeof BottomSchema>;
export type LetterRule = z.output<typeof LetterSchema>;
export type SegmentRule = z.output<typeof SegmentSchema>;
/** A rule that says something itself, rather than joining others or pointing at a saved one. */
export type PlainRule =
  | AttributeComparison
  | TraitComparison
  | DidRule
  | DidNotRule
  | FirstRule
  | LastRule
  | SequenceRule
  | TopRule
  | BottomRule
  | LetterRule
  | z.output<typeof EveryoneSchema>;

/** A rule over a profile and its events; `src/segments/README.md` says what each word means. */
export type Rule = Tree<PlainRule | SegmentRule>;
/** A rule that no longer points at saved segments. It is a valid Rule as well, so it can be stored and read back. */
export type ResolvedRule = Tree<PlainRule>;

/** Each kind of rule by the word that makes it. */
const kinds = {
  attribute: AttributeSchema,
  trait: TraitSchema,
  did: DidSchema,
  didNot: DidNotSchema,
  first: FirstSchema,
  last: LastSchema,
  sequence: SequenceSchema,
  top: TopSchema,
  bottom: BottomSchema,
  letter: LetterSchema,
  segment: SegmentSchema,
  everyone: EveryoneSchema,
};

/** The rule language. Use {@link parseRule}, which also keeps sizes in bounds and explains what is wrong. */
const RuleSchema: z.ZodType<Rule> = treeOf<PlainRule | SegmentRule>(Object.keys(kinds), Object.values(kinds));

/**
 * Reads a rule from outside: a file, a campaign's `when`, a request.
 * @param where what the rule is called in messages, for instance `rule` or `modules[2].when`; or a function that
 * names the place at a path within the rule.
 * @throws DearError `segment.rule` (usage) naming the path of what is wrong, and what is allowed there.
 */
export function parseRule(value: unknown, where: string | ((path: readonly PropertyKey[]) => string)): Rule {
  const placeOf =
    typeof where === 'string' ? (path: readonly PropertyKey[]) => where + pathText(path) : where;
  refuseHuge(value, placeOf([]));
  const result = RuleSchema.safeParse(value);
  if (result.success) return result.data;
  throw explainRule(result.error.issues, value, placeOf);
}
