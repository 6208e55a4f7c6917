import type { FastifyInstance, FastifyReply } from 'fastify';
import { readPreferenceForm } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import type { RouteDeps } from './deps.ts';
import { badLink } from './hits.ts';
import { preferencesPage } from './preferences-page.ts';

type ByToken = { Params: { token: string } };

/** The preference page: GET shows, POST stores and shows what was stored. */
export function preferenceRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<ByToken>('/p/:token', async ({ params }, reply) => {
    const { reader } = await readerOf(deps, params.token);
    return answer(reply, preferencesPage(reader, params.token, deps.defaultFrequency));
  });
  http.post<ByToken>('/p/:token', async (request, reply) => {
    const { token } = request.params;
    const { send, reader } = await readerOf(deps, token);
    const form = readPreferenceForm(request.body ?? {}, reader);
    if (form.choices === undefined) {
      reply.code(400);
      return answer(
        reply,
        preferencesPage(reader, token, deps.defaultFrequency, { problems: form.problems }),
      );
    }
    const after = await deps.readers.choose(send, form.choices, deps.now());
    if (after === undefined) throw badLink();
    deps.wake();
    return answer(reply, preferencesPage(after, token, deps.defaultFrequency, { saved: true }));
  });
}

async function readerOf(deps: RouteDeps, token: string): Promise<{ send: number; reader: LetterReader }> {
  const send = deps.tokens.verify('preferences', token);
  const reader = send === undefined ? undefined : await deps.readers.reader(send);
  if (send === undefined || reader === undefined) throw badLink();
  return { send, reader };
}

const answer = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page);
