import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CUSTOMER } from '../profiles/audit.ts';
import { normaliseEmail } from '../profiles/email.ts';
import { fieldsOf, type Offer, readPreferenceForm } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { dataPage, erasedPage, erasePage } from './data-page.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { type PreferenceView, preferencesPage } from './preferences-page.ts';

type ByToken = { Params: { token: string } };

/** Of letters and events as many as a page can hold; the download has all. */
const NEWEST = 100;

/**
 * The preference page. The token in the path is the capability: it came in a letter to the address that it is about,
 * no cookie and no login adds to it, so no other site can make a browser act on it. GET shows and changes nothing,
 * whoever fetches the link; POST acts. Repeating a POST changes nothing more.
 */
export function preferenceRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<ByToken>('/p/:token', async ({ params }, reply) => {
    const { reader } = await readerOf(deps, params.token);
    return answer(reply, preferencesPage(viewOf(deps, reader, params.token)));
  });
  http.post<ByToken>('/p/:token', (request, reply) => save(deps, request, reply));
  http.post<ByToken>('/p/:token/stop', async (request, reply) => {
    const { send } = await readerOf(deps, request.params.token);
    const after = await deps.readers.stopAll(send, deps.now(), proofOf(deps, send, request));
    if (after === undefined) throw badLink();
    deps.wake();
    const view = viewOf(deps, after, request.params.token, { up: '../', notice: { done: 'stopped' } });
    return answer(reply, preferencesPage(view));
  });
  // Somebody reloads a page that a button led to.
  for (const deed of ['stop', 'download']) {
    http.get<ByToken>(`/p/:token/${deed}`, ({ params }, reply) => reply.redirect(`../${params.token}`, 303));
  }
  dataRoutes(http, deps);
}

function dataRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<ByToken>('/p/:token/data', async ({ params: { token } }, reply) => {
    const { reader } = await readerOf(deps, token);
    const about = await deps.readers.about(reader.profileId, NEWEST);
    if (about === undefined) throw badLink();
    return answer(reply, dataPage({ reader, about, book: deps.topics, token, timeZone: deps.timeZone }));
  });
  http.post<ByToken>('/p/:token/download', async ({ params }, reply) => {
    const { reader } = await readerOf(deps, params.token);
    const everything = await deps.privacy.export(reader.profileId, CUSTOMER);
    return reply
      .header('content-disposition', 'attachment; filename="my-data.json"')
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(everything, null, 2));
  });
  http.get<ByToken>('/p/:token/erase', async ({ params }, reply) => {
    const { reader } = await readerOf(deps, params.token);
    return answer(reply, erasePage(reader, params.token));
  });
  http.post<ByToken>('/p/:token/erase', async (request, reply) => {
    const { reader } = await readerOf(deps, request.params.token);
    if (!isOwnAddress(request.body, reader)) {
      reply.code(400);
      return answer(reply, erasePage(reader, request.params.token, true));
    }
    await deps.privacy.erase(reader.profileId, CUSTOMER);
    return answer(reply, erasedPage(reader.language));
  });
}

async function save(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { token } = request.params;
  const { send, reader } = await readerOf(deps, token);
  const form = readPreferenceForm(request.body ?? {}, reader, offerOf(deps), deps.now());
  if (form.choices === undefined) {
    reply.code(400);
    const own = form.fields === undefined ? {} : { fields: form.fields };
    return answer(
      reply,
      preferencesPage(viewOf(deps, reader, token, { ...own, notice: { problems: form.problems } })),
    );
  }
  const after = await deps.readers.choose(send, form.choices, deps.now(), proofOf(deps, send, request));
  if (after === undefined) throw badLink();
  deps.wake();
  return answer(reply, preferencesPage(viewOf(deps, after, token, { notice: { done: 'saved' } })));
}

function viewOf(
  deps: RouteDeps,
  reader: LetterReader,
  token: string,
  own: Partial<PreferenceView> = {},
): PreferenceView {
  const offer = offerOf(deps);
  const fields = fieldsOf(reader, offer, deps.now());
  return { reader, fields, token, book: deps.topics, offer, usual: deps.defaultFrequency, ...own };
}

function offerOf({ topics, timeZone, languages }: RouteDeps): Offer {
  return { topics: topics.topics.filter(({ hidden }) => !hidden), timeZone, languages };
}

const confirmation = z.object({ email: z.string().max(320) });

/** Whether the form names the address that the letter went to, or the one that letters go to now. */
function isOwnAddress(body: unknown, { address, sentTo }: LetterReader): boolean {
  const form = confirmation.safeParse(body);
  const named = form.success ? normaliseEmail(form.data.email) : undefined;
  return named !== undefined && (named === address || named === normaliseEmail(sentTo ?? ''));
}

function proofOf(deps: RouteDeps, letter: number, request: FastifyRequest): string {
  return deps.prove({ letter, network: request.ip, program: agent(request).agent });
}

async function readerOf(deps: RouteDeps, token: string): Promise<{ send: number; reader: LetterReader }> {
  const send = deps.tokens.verify('preferences', token);
  if (send === undefined) throw badLink();
  const reader = await deps.readers.reader(send);
  if (reader === undefined) throw badLink();
  return { send, reader };
}

const answer = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page);
