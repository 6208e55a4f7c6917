import { z } from 'zod';
import { DearError } from '../../errors.ts';
import { type AuditStore, profileSubject } from '../../profiles/audit.ts';
import type { DossierStore } from '../../profiles/dossier.ts';
import type { Profile } from '../../profiles/port.ts';
import { writeFrequency, writeQuietHours } from '../../profiles/preferences.ts';
import { sourceOfKey } from '../../profiles/sources.ts';
import type { TopicCheck } from '../../profiles/topics.ts';
import { readWho } from '../../profiles/who.ts';
import { itemsOf } from './admission.ts';
import { callerOf, needs } from './auth.ts';
import type { ApiInstance } from './describe.ts';
import { knownProfile } from './known-profile.ts';
import { readProfile, topicsIn } from './profile-input.ts';
import { oneOrMany, problemSchema, profileSchema, profilesAnswer } from './schemas.ts';
import { problems, type Stored, type StoringDeps, statusOfStored, storeItems } from './storing.ts';

/** Where a profile is read from. */
export interface ReadingDeps {
  readonly dossiers: DossierStore;
}

/** `POST /api/profiles` and `GET /api/profiles/:id`. */
export function profileRoutes(
  http: ApiInstance,
  deps: StoringDeps & {
    readonly reading: ReadingDeps;
    readonly audit: Pick<AuditStore, 'add'>;
    readonly topicCheck: Pick<TopicCheck, 'misspelt'>;
  },
): void {
  http.post(
    '/profiles',
    {
      onRequest: needs(deps.keyring, 'profiles'),
      schema: {
        operationId: 'putProfiles',
        summary: 'Add and change profiles',
        description:
          'One profile or an array of up to 1000. Attributes are merged key by key, the newest consent wins. ' +
          'Identifiers of one item that are two profiles until now make them one, unless both have an address. ' +
          'A new address for somebody who is named by another identifier replaces the old one. Good profiles are ' +
          'stored also when others are refused: 200 when none was, 207 when some were, 400 when all were.',
        tags: ['Profiles'],
        body: oneOrMany(profileSchema),
        response: {
          200: profilesAnswer,
          207: profilesAnswer,
          400: z.union([profilesAnswer, problemSchema]),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const source = sourceOfKey(callerOf(request).name);
      const items = itemsOf(request.body);
      const misspelt = await deps.topicCheck.misspelt(topicsIn(items));
      const stored = await storeItems(deps, request, items, (item, now) =>
        readProfile(item, now, source, misspelt),
      );
      return reply.code(statusOfStored(stored)).send(answerOf(stored));
    },
  );
  http.get(
    '/profiles/:id',
    {
      onRequest: needs(deps.keyring, 'read'),
      schema: {
        operationId: 'getProfile',
        summary: 'Read a profile',
        description: 'By Dear’s id, an e-mail address, or an external id as `source:value`.',
        tags: ['Profiles'],
        params: z.object({
          id: z.string().meta({ examples: ['12', 'ann@example.com', 'shop:4711'] }),
        }),
        querystring: z.object({
          events: z.coerce
            .number()
            .int()
            .min(0)
            .max(500)
            .default(20)
            .meta({ description: 'How many of the newest events.' }),
        }),
        response: { 200: knownProfile, ...problems },
      },
    },
    async (request, reply) => {
      const found = await readOne(deps.reading, request.params.id, request.query.events);
      const actor = `api key ${callerOf(request).name}`;
      await deps.audit.add({ actor, action: 'read', subject: profileSubject(found.id) });
      return reply.send(found);
    },
  );
}

function answerOf({ outcomes, refused }: Stored): z.output<typeof profilesAnswer> {
  const profiles = [...outcomes].map(([index, { profileId, state }]) => ({
    index,
    id: profileId,
    outcome: state === 'added' || state === 'updated' ? state : ('unchanged' as const),
  }));
  return { profiles, refused: [...refused] };
}

async function readOne(
  deps: ReadingDeps,
  text: string,
  newest: number,
): Promise<z.output<typeof knownProfile>> {
  const dossier = await deps.dossiers.read(readWho(text), newest);
  if (dossier === undefined) {
    throw new DearError('api.unknown', 'No profile has this id, address or external id.', {
      kind: 'usage',
      mend: 'Ask by Dear’s id, by e-mail address, or by an external id as source:value.',
    });
  }
  const { profile, externalIds, suppression, consents, summary, timeline } = dossier;
  return {
    ...plain(profile),
    externalIds: externalIds.map(({ source, value }) => ({ source, value })),
    suppressed: suppression?.reason ?? null,
    consents: consents.map(({ topic, state, at, source }) => ({ topic, state, at: iso(at), source })),
    summary: summary.map((one) => ({ ...one, first: iso(one.first), last: iso(one.last) })),
    events: timeline.map(({ type, at, properties, receivedAt }) => ({
      type,
      at: iso(at),
      receivedAt: iso(receivedAt),
      properties,
    })),
  };
}

const iso = (at: number) => new Date(at).toISOString();

function plain(profile: Profile) {
  const { id, email, attributes, timeZone, frequency, quietHours, pausedUntil, createdAt, updatedAt } =
    profile;
  return {
    id,
    email: email ?? null,
    attributes,
    timeZone: timeZone ?? null,
    frequency: frequency === undefined ? null : writeFrequency(frequency),
    quietHours: quietHours === undefined ? null : writeQuietHours(quietHours),
    pausedUntil: pausedUntil === undefined ? null : iso(pausedUntil),
    createdAt: iso(createdAt),
    updatedAt: iso(updatedAt),
  };
}
