import { z } from 'zod';
import { wrongText } from '../profiles/texts.ts';
import { windowWords, zone } from './moment.ts';
import { type Tree, treeOf } from './tree.ts';

const MAX_TEXT = 1000;
const MAX_NAME = 200;
const MAX_LISTED = 1000;
const NUMBER_LIMIT = 1e12;

const storable = (what: string, max: number) =>
  z
    .string({ error: `must be ${what}` })
    .max(max, { error: `is longer than ${max} characters` })
    .refine((text) => wrongText(text) === undefined, { error: 'contains a character that cannot be stored' });

/** What something is called. */
export const name = storable('a name', MAX_NAME).min(1, { error: 'is empty; it must be a name' });
const text = storable('a text', MAX_TEXT);
const someText = text.min(1, { error: 'is empty; it must be a text' });
const number = z.number({ error: 'must be a number' });
const scalar = z.union([text, number, z.boolean()], { error: 'must be a text, a number, true or false' });
const ordered = z.union([text, number], { error: 'must be a number or a text' });
const listed = z
  .array(scalar, { error: 'must be a list of texts and numbers' })
  .min(1, { error: 'is empty; it must list at least one value' })
  .max(MAX_LISTED, { error: `lists more than ${MAX_LISTED} values` });
const times = z
  .int({ error: 'must be a whole number' })
  .min(0, { error: 'must not be negative' })
  .max(1_000_000_000, { error: 'is too large' });
const amount = number
  .min(-NUMBER_LIMIT, { error: 'is too small' })
  .max(NUMBER_LIMIT, { error: 'is too large' });

/** What is compared, and how. */
export const operators = {
  is: scalar.optional(),
  isNot: scalar.optional(),
  in: listed.optional(),
  notIn: listed.optional(),
  gt: ordered.optional(),
  gte: ordered.optional(),
  lt: ordered.optional(),
  lte: ordered.optional(),
  contains: someText.optional(),
  startsWith: someText.optional(),
  endsWith: someText.optional(),
  exists: z.boolean({ error: 'must be true or false' }).optional(),
  ...windowWords,
};

/** The words that compare an attribute or a property; a comparison has exactly one of them. */
export const OPERATORS = Object.keys(operators);

const OperatorsSchema = z.object({ ...operators, zone });
/** The operator of a comparison, without what it is applied to. */
export type Operators = z.output<typeof OperatorsSchema>;

/** Refuses a comparison without an operator or with several. */
export function oneOperator(comparison: Operators, context: z.RefinementCtx): void {
  const used = Object.keys(comparison).filter((key) => OPERATORS.includes(key));
  if (used.length === 1) return;
  const message =
    used.length === 0
      ? `compares nothing; add one of ${OPERATORS.join(', ')}`
      : `has ${used.length} operators (${used.join(', ')}); one rule has one, so put several rules under 'all'`;
  context.addIssue({ code: 'custom', message });
}

const PropertySchema = z.strictObject({ property: name, ...operators, zone }).superRefine(oneOperator);
/** `{ "property": "category", "is": "shoes" }`: asks for a property of an event. */
export type PropertyComparison = z.output<typeof PropertySchema>;
/** What must hold for an event's properties. */
export type Where = Tree<PropertyComparison>;

/** The words that say how often. */
export const counted = { atLeast: times.optional(), atMost: times.optional(), exactly: times.optional() };
const bounds = {
  gt: amount.optional(),
  gte: amount.optional(),
  lt: amount.optional(),
  lte: amount.optional(),
};

const CountsSchema = z.object(counted);
/** How often; all that is given must hold. */
export type Counts = z.output<typeof CountsSchema>;

/** Refuses counts that nothing keeps. */
export function sensibleCounts({ atLeast, atMost, exactly }: Counts, context: z.RefinementCtx): void {
  if (exactly !== undefined && (atLeast !== undefined || atMost !== undefined)) {
    context.addIssue({
      code: 'custom',
      message: "has 'exactly' beside 'atLeast' or 'atMost'; keep one of them",
    });
  } else if (atLeast !== undefined && atMost !== undefined && atLeast > atMost) {
    context.addIssue({
      code: 'custom',
      message: `wants at least ${atLeast} and at most ${atMost}; nothing is both`,
    });
  }
}

function needsOneOf(keys: readonly string[]) {
  return (value: object, context: z.RefinementCtx): void => {
    if (Object.keys(value).some((key) => keys.includes(key))) return;
    context.addIssue({ code: 'custom', message: `has no bound; add one of ${keys.join(', ')}` });
  };
}

export const WhereSchema = treeOf(['property'], [PropertySchema]);
export const SumSchema = z
  .strictObject(
    { property: name, times: name.optional(), ...bounds },
    { error: 'must say which property to add up' },
  )
  .superRefine(needsOneOf(Object.keys(bounds)));
export const DistinctSchema = z
  .strictObject({ property: name, ...counted }, { error: 'must say which property to count' })
  .superRefine(needsOneOf(Object.keys(counted)))
  .superRefine(sensibleCounts);
