import { z } from 'zod';
import { DearError } from '../errors.ts';

const quietHours = z.object({ from: z.number().int(), to: z.number().int() });
const frequency = z.object({ max: z.number().int().positive(), per: z.enum(['day', 'week', 'month']) });

/**
 * What a run was launched with: everything that planning, sending and showing again must not find changed. Only a
 * person may give it another text (`settings`, and what the variants are written from), for letters that wait.
 */
export const runPlanSchema = z.object({
  campaign: z.string(),
  about: z.string().optional(),
  topic: z.string(),
  from: z.object({ name: z.string().optional(), address: z.string() }),
  replyDomain: z.string(),
  publicUrl: z.string(),
  segment: z.object({ rule: z.unknown(), inWords: z.string() }),
  /** The moment as of which the segment is evaluated, ms. */
  asOf: z.number(),
  holdout: z.number().min(0).max(1),
  value: z.number(),
  important: z.boolean().optional(),
  quietHours: quietHours.optional(),
  frequency: frequency.optional(),
  timeZone: z.string(),
  settings: z.record(z.string(), z.string()),
  variants: z
    .array(z.object({ name: z.string(), weight: z.number().positive(), sourceHash: z.string() }))
    .min(1),
});

export type RunPlan = z.output<typeof runPlanSchema>;
export type PlannedVariant = RunPlan['variants'][number];

/** The text that a variant of the run has as it stands. */
export function sourceHashOf(plan: RunPlan, variant: string): string {
  const found = plan.variants.find(({ name }) => name === variant);
  if (found !== undefined) return found.sourceHash;
  throw new DearError(
    'store.corrupt',
    `A letter of '${plan.campaign}' has the variant '${variant}', which its run does not have.`,
  );
}
