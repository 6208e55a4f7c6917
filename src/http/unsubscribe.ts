import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bookIn } from '../profiles/topics.ts';
import type { LetterReader } from '../tracking/readers.ts';
import type { RouteDeps } from './deps.ts';
import { agent, badLink } from './hits.ts';
import { resumedPage, stoppedPage, type UnsubscribeView, unsubscribePage } from './pages.ts';
import { answerPage, speechOf } from './speech.ts';

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
  http.get<ByToken>('/u/:token', async (request, reply) => {
    const send = verified(deps, request.params.token);
    const view = viewOf(deps, request, send, kept(await deps.readers.reader(send)));
    return answerPage(reply, view.speech, unsubscribePage(view));
  });
  http.post<ByToken>('/u/:token', async (request, reply) => {
    const send = verified(deps, request.params.token);
    const oneClick = typeof request.body === 'string' && ONE_CLICK.test(request.body);
    const how = oneClick ? 'one-click' : 'unsubscribe link';
    const { agent: program } = agent(request);
    const proof = proofOf(deps, send, request);
    const reader = kept(await deps.readers.optOut(send, how, deps.now(), program, proof));
    deps.wake();
    const view = viewOf(deps, request, send, reader);
    return answerPage(reply, view.speech, stoppedPage(view));
  });
  http.post<ByToken>('/u/:token/undo', async (request, reply) => {
    const send = verified(deps, request.params.token);
    const { agent: program } = agent(request);
    const proof = proofOf(deps, send, request);
    const reader = kept(await deps.readers.optIn(send, deps.now(), program, proof));
    deps.wake();
    const view = viewOf(deps, request, send, reader);
    return answerPage(reply, view.speech, resumedPage(view));
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

function viewOf(
  deps: RouteDeps,
  request: FastifyRequest<ByToken>,
  send: number,
  reader: LetterReader,
): UnsubscribeView {
  const speech = speechOf(request, reader.language);
  return {
    reader,
    token: request.params.token,
    // Relative, so that it holds behind any proxy: from /u/<token> to /p/<token>.
    preferences: `../p/${deps.tokens.of(send).preferences}`,
    book: bookIn(deps.topics, speech.tag),
    speech,
  };
}
