import { z } from 'zod';
import { EVENT_ID_MAX } from '../../profiles/event-key.ts';

/** The most items of one call, and the most bytes of its body. */
export const MOST_ITEMS = 1000;
export const MOST_BYTES = 2 * 1024 * 1024;

const shown = (description: string, example: unknown) => ({ description, examples: [example] });

/** An object of free form. Its content is checked by `readObject`, which zod's records could not do as strictly. */
const freeObject = (description: string, example: object) =>
  z
    .unknown()
    .optional()
    .meta({ type: 'object', additionalProperties: true, ...shown(description, example) });

const moment = (description: string) =>
  z
    .union([z.string(), z.number()], { error: 'must be a date, such as 2026-11-24T10:15:00Z' })
    .optional()
    .meta(
      shown(
        `${description} ISO 8601 (UTC unless it says otherwise), or seconds or milliseconds since 1970.`,
        '2026-11-24T10:15:00Z',
      ),
    );

const who = {
  email: z.string().max(400).optional().meta(shown('The customer’s e-mail address.', 'ann@example.com')),
  externalIds: freeObject('What other systems call the customer, by system.', { shop: '4711' }),
  profileId: z.int().positive().optional().meta(shown('Dear’s own id of the profile.', 12)),
};

export const eventSchema = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(EVENT_ID_MAX)
      .optional()
      .meta(
        shown(
          'Names the event: sent again, it counts once. Without it, events that agree in everything are one.',
          'order-10023',
        ),
      ),
    type: z.string().meta(shown('What happened: order, view, ticket …', 'order')),
    at: moment('When it happened; now, when absent.'),
    ...who,
    properties: freeObject('Whatever else is known of it.', { total: 49.9, currency: 'EUR' }),
  })
  .meta({ id: 'Event', description: 'One thing that happened to a customer.' });

const text = (description: string, example: string) =>
  z.string().nullable().optional().meta(shown(description, example));

export const profileSchema = z
  .strictObject({
    ...who,
    attributes: freeObject('Merged key by key; null removes one.', { firstName: 'Ann', city: 'York' }),
    consent: freeObject('By topic: in or out.', { offers: 'in' }),
    consentAt: moment('When the consent was given.'),
    consentSource: z.string().min(1).max(200).optional().meta(shown('Where it was given.', 'checkout')),
    timeZone: text('IANA name; null goes back to the default, here and below.', 'Europe/Berlin'),
    frequency: text('How many letters at most.', '2 per week'),
    quietHours: text('Hours without letters, in the customer’s own time.', '21:00-08:00'),
    pausedUntil: z
      .union([z.string(), z.number()])
      .nullable()
      .optional()
      .meta(shown('No letters before this moment.', '2026-12-24')),
  })
  .meta({ id: 'Profile', description: 'What is to be kept about a customer.' });
export type ProfileInput = z.output<typeof profileSchema>;

export const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.union([item, z.array(item).min(1).max(MOST_ITEMS)]);

export const refusedSchema = z
  .object({
    index: z.int().meta({ description: 'Its place in the call, from 0.' }),
    code: z.string().meta({ description: 'For machines: shape, email, time, type, json …' }),
    path: z.string().meta({ description: 'Where in the item, such as properties.total.' }),
    message: z.string(),
  })
  .meta({ id: 'Refused' });
export type Refused = z.output<typeof refusedSchema>;

export const eventsAnswer = z
  .object({
    added: z.int().meta({ description: 'How many are stored now that were not known before.' }),
    duplicates: z.array(z.int()).meta({ description: 'Places of those that were known already.' }),
    restated: z.array(z.int()).meta({
      description: 'Places of the duplicates that say something else than what is stored, which stays.',
    }),
    refused: z.array(refusedSchema).meta({ description: 'Those that were not stored, and why.' }),
  })
  .meta({ id: 'EventsAnswer' });

export const profilesAnswer = z
  .object({
    profiles: z
      .array(z.object({ index: z.int(), id: z.int(), outcome: z.enum(['added', 'updated', 'unchanged']) }))
      .meta({ description: 'Those that are stored, with their ids in Dear.' }),
    refused: z.array(refusedSchema),
  })
  .meta({ id: 'ProfilesAnswer' });

export const problemSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      mend: z.string().optional().meta({ description: 'What to do about it.' }),
    }),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof problemSchema>;
