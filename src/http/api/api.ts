import type { FastifyInstance } from 'fastify';
import { type Keyring, makeKeyring } from '../../access/keyring.ts';
import type { KeyStore } from '../../access/keys.ts';
import { messageOf } from '../../errors.ts';
import type { AuditStore } from '../../profiles/audit.ts';
import { eventNames } from '../../profiles/event-names.ts';
import type { IntakeStore } from '../../profiles/intake.ts';
import { makeIntake } from '../../profiles/make-intake.ts';
import type { TopicCheck } from '../../profiles/topics.ts';
import type { HttpLog } from '../deps.ts';
import { admission } from './admission.ts';
import { readBodies } from './body.ts';
import { describe } from './describe.ts';
import { answerProblems } from './errors.ts';
import { eventRoutes } from './events.ts';
import { profileRoutes, type ReadingDeps } from './profiles.ts';
import { segmentRoutes } from './segment.ts';
import type { StoringDeps } from './storing.ts';

/** What the API needs. */
export interface ApiDeps extends ReadingDeps {
  readonly identities: Parameters<typeof makeIntake>[0]['identities'];
  readonly intake: IntakeStore;
  readonly retention: StoringDeps['retention'];
  readonly audit: Pick<AuditStore, 'add'>;
  readonly topicCheck: Pick<TopicCheck, 'misspelt'>;
  readonly keys: Pick<KeyStore, 'list' | 'used'>;
  readonly publicUrl: string;
  /** The setting EVENT_NAMES. */
  readonly eventNames?: string | undefined;
  readonly now?: () => number;
}

/**
 * The API for other systems, under `/api` and, as Segment has it, `/v1`. Both are described by
 * `/api/openapi.json`. Closing the server stores what waits.
 * @throws DearError `config.event-names`
 */
export function apiRoutes(http: FastifyInstance, deps: ApiDeps, log: HttpLog): void {
  const keyring: Keyring = makeKeyring(audited(deps), (error) =>
    log.error({ error: messageOf(error) }, 'the use of API keys could not be written down'),
  );
  const intake = makeIntake({ identities: deps.identities, store: deps.intake });
  const { retention } = deps;
  const storing: StoringDeps = { keyring, intake, retention, now: deps.now ?? Date.now };
  const names = eventNames(deps.eventNames);
  const admit = admission();
  http.addHook('onClose', async () => {
    await intake.close();
    await keyring.close();
  });
  http.register(async (scope) => {
    await describe(scope);
    scope.addHook('onRequest', admit);
    await scope.register(
      async (api) => {
        answerProblems(api, log);
        readBodies(api, ['application/json']);
        eventRoutes(api.withTypeProvider(), storing);
        const { audit, topicCheck } = deps;
        profileRoutes(api.withTypeProvider(), { ...storing, reading: deps, audit, topicCheck });
        api.get('/openapi.json', { schema: { hide: true } }, () => scope.swagger());
      },
      { prefix: '/api' },
    );
    await scope.register(
      async (v1) => {
        answerProblems(v1, log);
        readBodies(v1, ['application/json', 'text/plain']);
        await segmentRoutes(v1.withTypeProvider(), { ...storing, names, publicUrl: deps.publicUrl });
      },
      { prefix: '/v1' },
    );
  });
}

/** The keys, with an audit entry now and then of how much was changed by each: one a call would cost a commit more. */
function audited({ keys, audit }: ApiDeps): Pick<KeyStore, 'list' | 'used'> {
  return {
    list: () => keys.list(),
    used: async (uses) => {
      await keys.used(uses);
      for (const { name, stored } of uses) {
        if (stored === 0) continue;
        await audit.add({
          actor: `api key ${name}`,
          action: 'change',
          subject: 'profiles',
          detail: { stored },
        });
      }
    },
  };
}
