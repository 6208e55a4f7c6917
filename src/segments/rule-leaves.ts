import { z } from 'zod';
import { closest } from '../profiles/closest.ts';
import { windowWords, zone } from './moment.ts';
import {
  counted,
  DistinctSchema,
  name,
  OPERATORS,
  oneOperator,
  operators,
  SumSchema,
  sensibleCounts,
  WhereSchema,
} from './rule-parts.ts';
import { isTraitName, ranked, suits, traitNames, wrongValues } from './trait-words.ts';

const window = { ...windowWords, zone };

export const AttributeSchema = z
  .strictObject({ attribute: name, ...operators, zone })
  .superRefine(oneOperator);

const traitName = z.string({ error: 'must be the name of a trait' }).refine(isTraitName, {
  error: ({ input }) => unknownWord('trait', String(input), traitNames),
});

export const TraitSchema = z
  .strictObject({ trait: traitName, ...operators, zone })
  .superRefine(oneOperator)
  .superRefine((rule, context) => {
    const used = OPERATORS.find((operator) => Object.hasOwn(rule, operator));
    if (used === undefined || !isTraitName(rule.trait)) return;
    const { is, isNot, in: some, notIn, gt, gte, lt, lte } = rule;
    const values = [is, isNot, some, notIn, gt, gte, lt, lte].flat();
    const wrong = suits(rule.trait, used) ?? wrongValues(rule.trait, values);
    if (wrong !== undefined) context.addIssue({ code: 'custom', message: wrong });
  });

/** What is wrong with a word of a closed list. */
function unknownWord(what: string, word: string, known: readonly string[]): string {
  const guess = closest(word, known);
  const hint = guess === undefined ? '' : `; did you mean '${guess}'?`;
  return `is no ${what}; allowed here: ${known.join(', ')}${hint}`;
}

export const DidSchema = z
  .strictObject({
    did: name,
    ...counted,
    ...window,
    where: WhereSchema.optional(),
    sum: SumSchema.optional(),
    distinct: DistinctSchema.optional(),
  })
  .superRefine(sensibleCounts);

export const DidNotSchema = z.strictObject({ didNot: name, ...window, where: WhereSchema.optional() });

const occurrence = { ...window, where: WhereSchema.optional(), among: WhereSchema.optional() };
export const FirstSchema = z.strictObject({ first: name, ...occurrence });
export const LastSchema = z.strictObject({ last: name, ...occurrence });

const MOST_STEPS = 5;
const StepSchema = z.strictObject({
  did: name.optional(),
  didNot: name.optional(),
  ...window,
  where: WhereSchema.optional(),
});

/** Steps are of one shape, so that a wrong word in one is named as such; what goes where is said here. */
export const SequenceSchema = z.strictObject({
  sequence: z
    .array(StepSchema, { error: 'must be a list of steps' })
    .min(2, { error: 'has fewer than two steps; the first is { "did": … }' })
    .max(MOST_STEPS, { error: `has more than ${MOST_STEPS} steps` })
    .superRefine((steps, context) => {
      for (const [index, step] of steps.entries()) {
        const message = wrongStep(step, index, index === steps.length - 1);
        if (message !== undefined) context.addIssue({ code: 'custom', message, path: [index] });
      }
    }),
});

function wrongStep(step: z.output<typeof StepSchema>, index: number, isLast: boolean): string | undefined {
  const { did, didNot, before, after, between, during } = step;
  if ((did === undefined) === (didNot === undefined)) return "must have one of 'did', 'didNot'";
  if (didNot !== undefined && !isLast) return "says 'didNot', which only the last step may";
  if (didNot !== undefined && index === 0) return "must say 'did'";
  if (index > 0 && [before, after, between, during].some((word) => word !== undefined)) {
    return "may only have 'within' (counted from the step before it) and 'where'";
  }
  return undefined;
}

const SHARE = "must be a share such as '10%', or how many such as 100";
const SHARE_FORM = /^[0-9]{1,3}(\.[0-9]{1,2})?%$/;
const share = z.union(
  [
    z.int({ error: SHARE }).min(1, { error: SHARE }).max(1_000_000_000, { error: SHARE }),
    z
      .string({ error: SHARE })
      .refine((text) => SHARE_FORM.test(text) && shareOf(text) > 0 && shareOf(text) <= 10_000, {
        error: SHARE,
      }),
  ],
  { error: SHARE },
);

/** A share such as '12.5%' in hundredths of a percent. */
export const shareOf = (text: string) => Math.round(Number(text.slice(0, -1)) * 100);

const BySchema = z
  .strictObject(
    {
      trait: traitName.optional(),
      did: name.optional(),
      ...window,
      where: WhereSchema.optional(),
      sum: z
        .strictObject(
          { property: name, times: name.optional() },
          { error: 'must say which property to add up' },
        )
        .optional(),
      distinct: z.strictObject({ property: name }, { error: 'must say which property to count' }).optional(),
    },
    { error: 'must say by what: { "trait": "orderTotal" } or { "did": "order", … }' },
  )
  .superRefine((by, context) => {
    const message = wrongRanking(by);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

function wrongRanking(by: Readonly<Record<string, unknown>>): string | undefined {
  const { trait, did, sum, distinct } = by;
  if ((trait === undefined) === (did === undefined)) return "must have one of 'trait', 'did'";
  if (sum !== undefined && distinct !== undefined) return "has both 'sum' and 'distinct'; keep one of them";
  if (typeof trait !== 'string') return undefined;
  if (Object.keys(by).length > 1) return "has more than a trait; the words about events go with 'did'";
  return isTraitName(trait) && !ranked.some((one) => one === trait)
    ? `ranks by ${trait}, which is no number; allowed here: ${ranked.join(', ')}`
    : undefined;
}

export const TopSchema = z.strictObject({ top: share, by: BySchema });
export const BottomSchema = z.strictObject({ bottom: share, by: BySchema });

/** What can become of a letter, as rules ask for it. */
const letterWords = ['sent', 'opened', 'clicked', 'replied'] as const;

export const LetterSchema = z.strictObject({
  letter: z.enum(letterWords, {
    error: ({ input }) => unknownWord('fate of a letter', String(input), letterWords),
  }),
  campaign: name.optional(),
  variant: name.optional(),
  ...window,
});

export const SegmentSchema = z.strictObject({ segment: name });
export const EveryoneSchema = z.strictObject({ everyone: z.literal(true, { error: 'must be true' }) });
