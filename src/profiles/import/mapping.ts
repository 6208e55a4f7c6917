import { z } from 'zod';
import { wrongText } from '../texts.ts';
import { declaredTypes } from './typing.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const test = z.union([
  scalar,
  z
    .strictObject({
      is: scalar,
      isNot: scalar,
      in: z.array(scalar).min(1),
      startsWith: z.string(),
      endsWith: z.string(),
      contains: z.string(),
      empty: z.boolean(),
      above: z.number(),
      below: z.number(),
    })
    .partial()
    .refine(
      (tests) => Object.keys(tests).length > 0,
      'a condition must say what it tests, such as `is` or `startsWith`',
    ),
]);

const condition = z.record(z.string(), test);

const cases = z.array(z.strictObject({ when: condition.optional(), is: scalar })).min(1);

/** A constant, a text with `{Column}` in it, or cases of which the first that fits decides. */
const expression = z.union([scalar, cases], {
  error: 'must be a text, a number, true or false, or a list of cases {when, is}',
});

const reading = {
  format: z.enum(['csv', 'jsonl']).optional(),
  delimiter: z.string().length(1, 'must be one character').optional(),
  encoding: z.string().optional(),
  /**
   * A file that Dear exported: the ids are its own, and in CSV the apostrophes with which it guards what spreadsheets
   * would run are no data.
   */
  guarded: z.boolean('must be true or false').optional(),
  dates: z
    .strictObject({
      timeZone: z.string().optional(),
      format: z.string().optional(),
      /** Events before `from`, or from `until` on, are refused; default 1990, and a day ahead of now. */
      from: z.iso.date('must be a date such as 1985-01-01').optional(),
      until: z.iso.date('must be a date such as 2027-01-01').optional(),
    })
    .optional(),
  /** Rows that do not fit are passed over. */
  when: condition.optional(),
  /** What happens to columns that the mapping does not name. */
  rest: z.enum(['keep', 'drop']).optional(),
};

/** How the rows of a file become profiles. */
export const profileMapping = z.strictObject({
  ...reading,
  email: expression.optional(),
  /** What other systems call the customer, by system: `shop: '{Customer number}'`. */
  externalIds: z.record(z.string(), expression).optional(),
  attributes: z.record(z.string(), expression).optional(),
  /** Types of attributes by name; what cannot be read as its type refuses the row. */
  types: z.record(z.string(), z.enum(declaredTypes)).optional(),
  consent: z.record(z.string(), expression).optional(),
  consentAt: expression.optional(),
  consentSource: z
    .string()
    .max(200)
    .refine((text) => wrongText(text) === undefined, { error: 'holds a character that cannot be stored' })
    .optional(),
  consentWording: expression.optional(),
  consentProof: expression.optional(),
  timeZone: expression.optional(),
  frequency: expression.optional(),
  quietHours: expression.optional(),
  pausedUntil: expression.optional(),
});

/** How the rows of a file become events. */
export const eventMapping = z.strictObject({
  ...reading,
  email: expression.optional(),
  type: expression.optional(),
  at: expression.optional(),
  key: expression.optional(),
  /** Whose the event is, beside or instead of the e-mail: `shop: '{Customer number}'`. */
  externalIds: z.record(z.string(), expression).optional(),
  properties: z.record(z.string(), expression).optional(),
  /** What happens to events of addresses that no profile has. */
  profiles: z.enum(['create', 'refuse']).optional(),
});

/** How the rows of a file become suppressions. */
export const suppressionMapping = z.strictObject({
  ...reading,
  email: expression.optional(),
  reason: expression.optional(),
  source: expression.optional(),
  at: expression.optional(),
});

export type Condition = z.infer<typeof condition>;
export type Expression = z.infer<typeof expression>;
export type ProfileMapping = z.infer<typeof profileMapping>;
export type EventMapping = z.infer<typeof eventMapping>;
export type SuppressionMapping = z.infer<typeof suppressionMapping>;
