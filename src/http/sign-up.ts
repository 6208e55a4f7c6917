import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { normaliseEmail } from '../profiles/email.ts';
import { storableText } from '../profiles/texts.ts';
import { bookIn } from '../profiles/topics.ts';
import type { ConfirmationNow } from '../sign-up/port.ts';
import { type ConfirmView, confirmPage, refusedPage } from './confirm-pages.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { signUpPage, thanksPage } from './sign-up-pages.ts';
import { acceptedLanguages, answerPage, speechOf } from './speech.ts';

type ByToken = { Params: { token: string } };

const tag = z.string().trim().max(35);

/** What the form's page fills in keeps no customer out, who cannot mend it. */
const formSchema = z.object({
  email: z.string().trim().max(320).default(''),
  topic: z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .default([])
    .pipe(z.array(z.string()).max(100)),
  /** Where on the shop's own site the form stands. */
  source: z
    .string()
    .transform((text) => storableText(text.trim(), 80))
    .catch(''),
  /** The language of that page, as a BCP 47 tag. */
  language: tag.catch(''),
  /** The language in which our own page showed the topics. */
  shownIn: tag.optional().catch(undefined),
});

const query = z.object({ language: tag });

/**
 * Signing up. The form may also stand on the shop's own site: all it can do is to have one letter sent that asks,
 * seldom, and the answer is the same whatever is known of the address.
 */
export function signUpRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get('/s', (request, reply) => {
    const language = query.safeParse(request.query).data?.language ?? '';
    const speech = speechOf(request, language);
    const book = bookIn(deps.topics, speech.tag);
    const open = deps.topics.topics.filter(({ signUp }) => signUp);
    // With a single topic there is nothing to choose, yet a tick that was not the reader's own is no consent.
    const fields = { email: '', topics: [], language };
    return answerPage(reply.code(open.length === 0 ? 404 : 200), speech, signUpPage(speech, book, fields));
  });
  http.post('/s', (request, reply) => signUp(deps, request, reply));
}

/** The answers to the letter; RFC 8058 posts to `/no` with a body of its own. */
export function confirmRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  http.get<ByToken>('/s/:token', async (request, reply) => {
    const found = await deps.confirmations.byId(verified(deps, request.params.token));
    const view = viewOf(deps, request, kept(found));
    return answerPage(reply, view.speech, confirmPage(view));
  });
  http.post<ByToken>('/s/:token', async (request, reply) => {
    const view = viewOf(deps, request, kept(await answered(deps, request, 'yes')));
    return answerPage(reply, view.speech, confirmPage(view));
  });
  http.post<ByToken>('/s/:token/no', async (request, reply) => {
    const view = viewOf(deps, request, kept(await answered(deps, request, 'no')));
    return answerPage(reply, view.speech, refusedPage(view));
  });
  // Somebody reloads the page by its address.
  http.get<ByToken>('/s/:token/no', ({ params }, reply) => reply.redirect(`../${params.token}`, 303));
}

async function signUp(deps: RouteDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const open = deps.topics.topics.filter((topic) => topic.signUp).map(({ name }) => name);
  if (open.length === 0) throw badLink();
  const form = formSchema.safeParse(request.body ?? {});
  const nothing = { email: '', topic: [], source: '', language: '', shownIn: undefined };
  const { email, topic, source, language, shownIn } = form.success ? form.data : nothing;
  const speech = speechOf(request, language);
  const topics = topic.filter((name) => open.includes(name));
  const address = normaliseEmail(email);
  if (address === undefined || topics.length === 0) {
    const wrong = address === undefined ? 'email' : 'topics';
    const book = bookIn(deps.topics, speech.tag);
    const fields = { email, topics, language, wrong } as const;
    return answerPage(reply.code(400), speech, signUpPage(speech, book, fields));
  }
  await deps.signUp({
    email: address,
    topics,
    source: source === '' ? 'sign-up page' : `sign-up: ${source}`,
    proof: deps.prove({ network: request.ip, program: agent(request).agent }) || undefined,
    language: language || acceptedLanguages(request)[0],
    // A form on the shop's own site shows what the shop wrote there: in the language that it names, if any.
    shownIn: shownIn ?? language,
    at: deps.now(),
  });
  return answerPage(reply, speech, thanksPage(speech, address));
}

function answered(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  answer: 'yes' | 'no',
): Promise<ConfirmationNow | undefined> {
  const confirmation = verified(deps, request.params.token);
  const proof = deps.prove({ confirmation, network: request.ip, program: agent(request).agent });
  return deps.confirmations.answer(confirmation, answer, deps.now(), proof);
}

function verified(deps: RouteDeps, token: string): number {
  const id = deps.confirmTokens.verify(token);
  if (id === undefined) throw badLink();
  return id;
}

function kept(confirmation: ConfirmationNow | undefined): ConfirmationNow {
  if (confirmation === undefined) throw badLink();
  return confirmation;
}

/** In the language of the letter that asks, as far as there is one. */
function viewOf(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  confirmation: ConfirmationNow,
): ConfirmView {
  const speech = speechOf(request, confirmation.language, confirmation.holds.language);
  const book = bookIn(deps.topics, speech.tag);
  return { confirmation, token: request.params.token, book, now: deps.now(), speech };
}
