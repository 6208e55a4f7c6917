import { z } from 'zod';
import { readEventType } from '../../profiles/event-key.ts';
import type { IncomingEvent } from '../../profiles/intake.ts';
import { itemsOf } from './admission.ts';
import { needs } from './auth.ts';
import type { ApiInstance } from './describe.ts';
import { eventKey, Refusal, readMoment, readObject, refusalOf, whoOf } from './read.ts';
import { eventSchema, eventsAnswer, oneOrMany, problemSchema } from './schemas.ts';
import { problems, type Stored, type StoringDeps, statusOfStored, storeItems } from './storing.ts';

/** `POST /api/events`. */
export function eventRoutes(http: ApiInstance, deps: StoringDeps): void {
  http.post(
    '/events',
    {
      onRequest: needs(deps.keyring, 'events'),
      schema: {
        operationId: 'addEvents',
        summary: 'Add events',
        description:
          'One event or an array of up to 1000. Good events are stored also when others are refused: 200 when ' +
          'none was, 207 when some were, 400 when all were. What the answer counts as added is committed. A ' +
          'profile is made for somebody who is not known yet; consent it has none.',
        tags: ['Events'],
        body: oneOrMany(eventSchema),
        response: {
          200: eventsAnswer,
          207: eventsAnswer,
          400: z.union([eventsAnswer, problemSchema]),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const stored = await storeItems(deps, request, itemsOf(request.body), readEvent);
      return reply.code(statusOfStored(stored)).send(answerOf(stored));
    },
  );
}

function answerOf({ outcomes, refused }: Stored) {
  const duplicates: number[] = [];
  const restated: number[] = [];
  for (const [index, { state }] of outcomes) {
    if (state !== 'added') duplicates.push(index);
    if (state === 'restated') restated.push(index);
  }
  return { added: outcomes.size - duplicates.length, duplicates, restated, refused: [...refused] };
}

/** Reads one event of a body. */
function readEvent(item: unknown, now: number): IncomingEvent | Refusal {
  const parsed = eventSchema.safeParse(item);
  if (!parsed.success) return refusalOf(parsed.error);
  const { id, at: given, properties: named } = parsed.data;
  const type = readEventType(parsed.data.type);
  if (type === undefined) return wrongType('type');
  const who = whoOf(parsed.data);
  if (who instanceof Refusal) return who;
  const at = readMoment(given, 'at', now);
  if (at instanceof Refusal) return at;
  const properties = readObject(named, 'properties');
  if (properties instanceof Refusal) return properties;
  const wrongId = id === undefined ? undefined : wrongEventId(id, 'id');
  if (wrongId !== undefined) return wrongId;
  const event = { type, at: at ?? now, properties };
  return { kind: 'event', who, changeEmail: false, isPublic: false, ...event, key: eventKey(id, who, event) };
}

export function wrongType(path: string): Refusal {
  return new Refusal(
    'type',
    path,
    'it cannot name events: up to 100 letters, digits, spaces, and . _ : -, a letter or digit first',
  );
}

/** Why it cannot be the id of an event. */
export function wrongEventId(id: string, path: string): Refusal | undefined {
  return /[\p{Cc}\p{Surrogate}]/u.test(id)
    ? new Refusal('id', path, 'it holds characters that cannot be stored')
    : undefined;
}
