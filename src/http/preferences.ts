import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { CUSTOMER } from '../profiles/audit.ts';
import { normaliseEmail } from '../profiles/email.ts';
import { bookIn, type TopicBook } from '../profiles/topics.ts';
import { fieldsOf, type Offer, readPreferenceForm } from '../tracking/preferences.ts';
import type { LetterReader } from '../tracking/readers.ts';
import { dataPage, erasedPage, erasePage } from './data-page.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { type PreferenceView, preferencesPage } from './preferences-page.ts';
import { answerPage, speechOf } from './speech.ts';

type ByToken = { Params: { token: string } };

/** Of letters and events as many as a page can hold; the download has all. */
const NEWEST = 100;

/**
 * The preference page. The token in the path is the capability: it came in a letter to the address that it is about,
 * no cookie and no login adds to it, so no other site can make a browser act on it. GET shows and changes nothing,
 * whoever fetches the link; POST acts. Repeating a POST changes nothing more.
 */
export function preferenceRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<ByToken>('/p/:token', async (request, reply) => {
    const { reader } = await readerOf(deps, request.params.token);
    return answerPreferences(reply, viewOf(deps, request, reader));
  });
  http.post<ByToken>('/p/:token', (request, reply) => save(deps, request, reply));
  http.post<ByToken>('/p/:token/stop', async (request, reply) => {
    const { send } = await readerOf(deps, request.params.token);
    const after = await deps.readers.stopAll(send, deps.now(), proofOf(deps, send, request));
    if (after === undefined) throw badLink();
    deps.wake();
    return answerPreferences(reply, viewOf(deps, request, after, { up: '../', notice: { done: 'stopped' } }));
  });
  // Somebody reloads a page that a button led to.
  for (const deed of ['stop', 'download']) {
    http.get<ByToken>(`/p/:token/${deed}`, ({ params }, reply) => reply.redirect(`../${params.token}`, 303));
  }
  dataRoutes(http, deps);
}

function dataRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<ByToken>('/p/:token/data', async (request, reply) => {
    const { token } = request.params;
    const { reader } = await readerOf(deps, token);
    const about = await deps.readers.about(reader.profileId, NEWEST);
    if (about === undefined) throw badLink();
    const speech = speechOf(request, reader.language);
    const book = bookIn(deps.topics, speech.tag);
    return answerPage(
      reply,
      speech,
      dataPage({ speech, reader, about, book, token, timeZone: deps.timeZone }),
    );
  });
  http.post<ByToken>('/p/:token/download', async ({ params }, reply) => {
    const { reader } = await readerOf(deps, params.token);
    const everything = await deps.privacy.export(reader.profileId, CUSTOMER);
    return reply
      .header('content-disposition', 'attachment; filename="my-data.json"')
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(everything, null, 2));
  });
  http.get<ByToken>('/p/:token/erase', async (request, reply) => {
    const { reader } = await readerOf(deps, request.params.token);
    const speech = speechOf(request, reader.language);
    return answerPage(reply, speech, erasePage(speech, reader, request.params.token));
  });
  http.post<ByToken>('/p/:token/erase', async (request, reply) => {
    const { reader } = await readerOf(deps, request.params.token);
    const speech = speechOf(request, reader.language);
    if (!isOwnAddress(request.body, reader)) {
      return answerPage(reply.code(400), speech, erasePage(speech, reader, request.params.token, true));
    }
    await deps.privacy.erase(reader.profileId, CUSTOMER);
    return answerPage(reply, speech, erasedPage(speech));
  });
}

async function save(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { send, reader } = await readerOf(deps, request.params.token);
  const form = readPreferenceForm(request.body ?? {}, reader, offerShown(deps, request, reader), deps.now());
  const { isStale } = form;
  if (form.choices === undefined) {
    const own = form.fields === undefined ? {} : { fields: form.fields };
    const view = viewOf(deps, request, reader, { ...own, notice: { problems: form.problems, isStale } });
    return answerPreferences(reply.code(400), view);
  }
  const after = await deps.readers.choose(send, form.choices, deps.now(), proofOf(deps, send, request));
  if (after === undefined) throw badLink();
  deps.wake();
  return answerPreferences(reply, viewOf(deps, request, after, { notice: { done: 'saved', isStale } }));
}

function viewOf(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  reader: LetterReader,
  own: Partial<PreferenceView> = {},
): PreferenceView {
  const { token } = request.params;
  const speech = speechOf(request, reader.language);
  const book = bookIn(deps.topics, speech.tag);
  const offer = offerOf(deps, book);
  const saved = fieldsOf(reader, offer, deps.now());
  return { speech, reader, fields: saved, saved, token, book, offer, usual: deps.defaultFrequency, ...own };
}

function offerOf({ timeZone, languages }: RouteDeps, { topics }: TopicBook): Offer {
  return { topics: topics.filter(({ hidden }) => !hidden), timeZone, languages };
}

const shown = z.object({ shownIn: z.string().max(100) });

/** The offer that the form was made of: whoever ticks a topic agrees to the words that stood beside it. */
function offerShown(deps: RouteDeps, request: FastifyRequest, reader: LetterReader): Offer {
  const form = shown.safeParse(request.body);
  const language = form.success ? form.data.shownIn : speechOf(request, reader.language).tag;
  return offerOf(deps, bookIn(deps.topics, language));
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

const answerPreferences = (reply: FastifyReply, view: PreferenceView) =>
  answerPage(reply, view.speech, preferencesPage(view));
