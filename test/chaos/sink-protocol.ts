import { z } from 'zod';

/** Moments of the dialogue at which a worker may be killed. */
export const stages = ['greeting', 'mail', 'rcpt', 'data', 'in the letter', 'taken', 'answered'] as const;
export type DialogueStage = (typeof stages)[number];

/** What the sink is told. Every request is answered with its number. */
export const requestSchema = z.object({
  number: z.int(),
  ask: z.discriminatedUnion('what', [
    /** Everything that the sink knows. */
    z.object({ what: z.literal('report') }),
    /** Stop at this stage of the dialogue, when it is reached for the `after`th time from now, and tell. */
    z.object({ what: z.literal('ambush'), stage: z.enum(stages), after: z.int(), holdMs: z.int() }),
    /** From now on, count the connections of this client (its name in EHLO) that end without our doing. */
    z.object({ what: z.literal('watch'), name: z.string() }),
  ]),
});
export type Ask = z.output<typeof requestSchema>['ask'];

/** One copy of a letter that the sink took, when (ms since 1970), and the CRC-32 of its bytes. */
const copySchema = z.object({
  send: z.string(),
  address: z.string(),
  at: z.number(),
  crc32: z.int(),
});

/** A DATA command, from whom it came and when (ms since 1970) it was read. */
const begunSchema = z.object({ client: z.string(), at: z.number() });

export const reportSchema = z.object({
  copies: z.array(copySchema),
  begun: z.array(begunSchema),
  /** Addresses whose letter the sink left without an answer once its bytes had begun. */
  unanswered: z.array(z.string()),
  /** Addresses whose letter was refused for good. */
  refused: z.array(z.string()),
  /** Connections that are open, by client. */
  open: z.record(z.string(), z.int()),
  /** Connections of watched clients that ended without our doing, by client. */
  cut: z.record(z.string(), z.int()),
  /** How often each fate and welcome came up. */
  fates: z.record(z.string(), z.int()),
});
export type SinkReport = z.output<typeof reportSchema>;

/** What the sink says: its port at the start, answers, and that an ambush was sprung on a client. */
export const saidSchema = z.union([
  z.object({ port: z.int() }),
  z.object({ number: z.int(), report: reportSchema }),
  z.object({ sprung: z.string() }),
]);
export type Said = z.output<typeof saidSchema>;
