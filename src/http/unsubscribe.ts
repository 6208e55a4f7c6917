import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LetterReader } from '../tracking/readers.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { resumedPage, stoppedPage, unsubscribePage } from './pages.ts';

type ByToken = { Params: { token: string } };

/** The one pair of RFC 8058, in a URL-encoded form or as a part of a multipart one. */
const ONE_CLICK = /list-unsubscribe(=|"?\s*\r?\n(\S[^\n]*\n)*\r?\n)one-click/i;

/**
 * Unsubscribing: GET and HEAD only show a page (scanners follow links), POST acts at once and never redirects,
 * asks for no cookie and takes any body (RFC 8058, 3.1 and 3.2). Only the body tells one-click from the button.
 */
export function unsubscribeRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  http.get<ByToken>('/u/:token', async ({ params }, reply) => {
    const send = verified(deps, params.token);
    const reader = kept(await deps.readers.reader(send));
    return answer(reply, unsubscribePage(reader, params.token, preferences(deps, send), deps.topics));
  });
  http.post<ByToken>('/u/:token', async (request, reply) => {
    const { token } = request.params;
    const send = verified(deps, token);
    const oneClick = typeof request.body === 'string' && ONE_CLICK.test(request.body);
    const how = oneClick ? 'one-click' : 'unsubscribe link';
    const { agent: program } = agent(request);
    const proof = proofOf(deps, send, request);
    const reader = kept(await deps.readers.optOut(send, how, deps.now(), program, proof));
    deps.wake();
    return answer(reply, stoppedPage(reader, token, preferences(deps, send), deps.topics));
  });
  http.post<ByToken>('/u/:token/undo', async (request, reply) => {
    const { token } = request.params;
    const send = verified(deps, token);
    const { agent: program } = agent(request);
    const proof = proofOf(deps, send, request);
    const reader = kept(await deps.readers.optIn(send, deps.now(), program, proof));
    deps.wake();
    return answer(reply, resumedPage(reader, token, preferences(deps, send), deps.topics));
  });
  // Somebody reloads the page by its address.
  http.get<ByToken>('/u/:token/undo', ({ params }, reply) => reply.redirect(`../${params.token}`, 303));
}

function verified(deps: RouteDeps, token: string): number {
  const send = deps.tokens.verify('unsubscribe', token);
  if (send === undefined) throw badLink();
  return send;
}

function kept(reader: LetterReader | undefined): LetterReader {
  if (reader === undefined) throw badLink();
  return reader;
}

function proofOf(deps: RouteDeps, letter: number, request: FastifyRequest): string {
  return deps.prove({ letter, network: request.ip, program: agent(request).agent });
}

/** Relative, so that it holds behind any proxy: from /u/<token> to /p/<token>. */
const preferences = (deps: RouteDeps, send: number) => `../p/${deps.tokens.of(send).preferences}`;

const answer = (reply: FastifyReply, page: string) => reply.type('text/html; charset=utf-8').send(page);
