import { z } from 'zod';
import type { LetterContext } from '../content/program.ts';

/**
 * What was decided for one letter in the moment before it was claimed. With the letter's source and the
 * run's plan it gives the same bytes again; it holds only the data that the letter shows.
 */
export const decisionSchema = z.object({
  to: z.object({ address: z.string() }),
  /** The letter's Date header, ms. */
  date: z.number(),
  /** What the server took: 8BITMIME or not. */
  channel: z.enum(['8bit', '7bit']),
  context: z.object({
    profile: z.record(z.string(), z.unknown()),
    data: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
    modules: z.record(z.string(), z.boolean()),
    settings: z.record(z.string(), z.string()),
  }),
  /** Targets of the tracked links that are this letter's own; their numbers follow those of the source's. */
  links: z.array(z.string()),
  /** CRC-32 of the bytes that left, and how many they were: whether a letter that is shown again is the same. */
  crc32: z.number().int(),
  size: z.number().int(),
});

export type Decision = Omit<z.output<typeof decisionSchema>, 'context' | 'links'> & {
  readonly context: LetterContext;
  readonly links: readonly string[];
};
