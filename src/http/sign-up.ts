import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { normaliseEmail } from '../profiles/email.ts';
import type { ConfirmationNow } from '../sign-up/port.ts';
import { type ConfirmView, confirmPage, refusedPage } from './confirm-pages.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { signUpPage, thanksPage } from './sign-up-pages.ts';

type ByToken = { Params: { token: string } };

const formSchema = z.object({
  email: z.string().trim().max(320).default(''),
  topic: z
    .union([z.string().transform((one) => [one]), z.array(z.string())])
    .default([])
    .pipe(z.array(z.string().max(100)).max(100)),
  /** Where on the shop's own site the form stands. */
  source: z.string().trim().max(80).default(''),
  /** The language of that page, as a BCP 47 tag. */
  language: z.string().trim().max(35).default(''),
});

/**
 * Signing up. The form may also stand on the shop's own site: all it can do is to have one letter sent that asks,
 * seldom, and the answer is the same whatever is known of the address.
 */
export function signUpRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get('/s', (_request, reply) => {
    const open = deps.topics.topics.filter(({ signUp }) => signUp);
    // With a single topic there is nothing to choose, yet a tick that was not the reader's own is no consent.
    const topics: string[] = [];
    return answer(reply.code(open.length === 0 ? 404 : 200), signUpPage(deps.topics, { email: '', topics }));
  });
  http.post('/s', (request, reply) => signUp(deps, request, reply));
}

/** The answers to the letter; RFC 8058 posts to `/no` with a body of its own. */
export function confirmRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  http.get<ByToken>('/s/:token', async ({ params: { token } }, reply) => {
    const found = kept(await deps.confirmations.byId(verified(deps, token)));
    return answer(reply, confirmPage(viewOf(deps, found, token)));
  });
  http.post<ByToken>('/s/:token', async (request, reply) => {
    const { token } = request.params;
    const found = kept(await answered(deps, request, 'yes'));
    return answer(reply, confirmPage(viewOf(deps, found, token)));
  });
  http.post<ByToken>('/s/:token/no', async (request, reply) => {
    const found = kept(await answered(deps, request, 'no'));
    return answer(reply, refusedPage(viewOf(deps, found, request.params.token)));
  });
  // Somebody reloads the page by its address.
  http.get<ByToken>('/s/:token/no', ({ params }, reply) => reply.redirect(`../${params.token}`, 303));
}

async function signUp(deps: RouteDeps, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const open = deps.topics.topics.filter((topic) => topic.signUp).map(({ name }) => name);
  if (open.length === 0) throw badLink();
  const form = formSchema.safeParse(request.body ?? {});
  const nothing = { email: '', topic: [], source: '', language: '' };
  const { email, topic, source, language } = form.success ? form.data : nothing;
  const topics = topic.filter((name) => open.includes(name));
  const address = normaliseEmail(email);
  if (address === undefined || topics.length === 0) {
    const wrong = address === undefined ? 'email' : 'topics';
    return answer(reply.code(400), signUpPage(deps.topics, { email, topics, wrong }));
  }
  await deps.signUp({
    email: address,
    topics,
    source: source === '' ? 'sign-up page' : `sign-up: ${source}`,
    proof: deps.prove({ network: request.ip, program: agent(request).agent }) || undefined,
    language: language || request.headers['accept-language']?.split(/[,;]/, 1)[0],
    at: deps.now(),
  });
  return answer(reply, thanksPage(address));
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

function viewOf(deps: RouteDeps, confirmation: ConfirmationNow, token: string): ConfirmView {
  return { confirmation, token, book: deps.topics, now: deps.now() };
}

const answer = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page);
