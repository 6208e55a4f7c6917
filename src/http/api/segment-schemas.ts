import { z } from 'zod';
import { EVENT_ID_MAX } from '../../profiles/event-key.ts';
import { MOST_ITEMS, refusedSchema } from './schemas.ts';

const free = (description: string) =>
  z.unknown().optional().meta({ type: 'object', additionalProperties: true, description });
const id = (description: string) =>
  z
    .union([z.string().max(200), z.number()], { error: 'must be a text of up to 200 characters' })
    .nullish()
    .meta({ description });
const moment = z
  .union([z.string(), z.number()], { error: 'must be a date, such as 2026-11-24T10:15:00Z' })
  .nullish();

/** What all calls of Segment share. Fields that are not known here are passed over, as Segment does. */
const common = {
  userId: id('Becomes the external id `userId` of the profile.'),
  anonymousId: id('Becomes the external id `anonymousId` of the profile.'),
  messageId: z
    .string()
    .min(1)
    .max(EVENT_ID_MAX)
    .nullish()
    .meta({ description: 'The same message counts once.' }),
  timestamp: moment,
  originalTimestamp: moment,
  sentAt: moment.meta({
    description: 'By the clock of the sender, whose error is taken out of the timestamp.',
  }),
  receivedAt: moment,
  context: free('Page, campaign and locale are kept with the event; addresses of machines are not.'),
  writeKey: z.string().nullish().meta({ description: 'The key, for those who cannot send a header.' }),
};

export const callTypes = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type CallType = (typeof callTypes)[number];

const parts = {
  event: z.string().nullish(),
  name: z.string().nullish(),
  category: z.string().nullish(),
  groupId: id('What the customer belongs to.'),
  previousId: id('A userId or anonymousId that is the same person.'),
  traits: free('Attributes of the profile; `email` is its address.'),
  properties: free('Properties of the event.'),
};

/** Any call; which of its parts count depends on its type. */
export const callSchema = z
  .object({ type: z.enum(callTypes).optional(), ...common, ...parts })
  .meta({ id: 'SegmentCall' });
export type Call = z.output<typeof callSchema>;

export const batchSchema = z
  .object({
    batch: z.array(z.unknown(), { error: 'must be an array of calls' }).meta({ maxItems: MOST_ITEMS }),
    context: common.context,
    sentAt: common.sentAt,
    writeKey: common.writeKey,
  })
  .meta({ id: 'SegmentBatch', description: 'Calls, each with its `type`.' });

export const segmentAnswer = z
  .object({
    success: z.boolean(),
    refused: z
      .array(refusedSchema)
      .optional()
      .meta({ description: 'The calls that were not stored, and why; absent when there are none.' }),
    problems: z.array(refusedSchema).optional().meta({
      description: 'What was left out of calls that were stored, such as a bad address; absent when nothing.',
    }),
  })
  .meta({ id: 'SegmentAnswer' });
