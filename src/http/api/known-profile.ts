import { z } from 'zod';

const text = z.string().nullable();
const moment = z.string().meta({ format: 'date-time' });
const free = z.record(z.string(), z.unknown());

/** A profile as it is read. */
export const knownProfile = z
  .object({
    id: z.int(),
    email: text.meta({ description: 'null for somebody who is known by external ids alone.' }),
    externalIds: z.array(z.object({ source: z.string(), value: z.string() })),
    attributes: free,
    timeZone: text,
    frequency: text,
    quietHours: text,
    pausedUntil: text,
    suppressed: text.meta({ description: 'Why the address must not be mailed; null when it may be.' }),
    consents: z.array(
      z.object({
        topic: z.string(),
        state: z.enum(['in', 'out', 'pending']),
        at: moment,
        source: z.string(),
      }),
    ),
    summary: z
      .array(z.object({ type: z.string(), count: z.int(), first: moment, last: moment }))
      .meta({ description: 'How often each type of event happened.' }),
    events: z
      .array(z.object({ type: z.string(), at: moment, receivedAt: moment, properties: free }))
      .meta({ description: 'The newest first.' }),
    createdAt: moment,
    updatedAt: moment,
  })
  .meta({ id: 'KnownProfile' });
