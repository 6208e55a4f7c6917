import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DearError, messageOf } from '../errors.ts';
import type { HttpDeps } from './deps.ts';
import { isFromErased } from './erased.ts';
import { problemPage } from './pages.ts';
import { answerPage, speechOf } from './speech.ts';
import type { ProblemTexts } from './texts/shape.ts';
import type { Texts } from './texts/texts.ts';

/** The one place that says which of our errors is which status; all others are 500. */
const statuses: Readonly<Record<string, number>> = {
  'http.link': 404,
  'http.form': 400,
  'grouped.closed': 503,
  'api.body': 400,
  'api.request': 400,
  'profile.address': 400,
  'identity.external-id': 400,
  'api.unauthorised': 401,
  'api.forbidden': 403,
  'api.unknown': 404,
  'api.too-large': 413,
  'api.too-many': 413,
  'api.media': 415,
  'api.busy': 503,
  'intake.busy': 503,
};

/** Answers everything that no route answers, and everything that fails, with a readable page. */
export function answerErrors(http: FastifyInstance, deps: Pick<HttpDeps, 'log' | 'tokens' | 'people'>): void {
  const { log } = deps;
  http.setNotFoundHandler((request, reply) => send(request, reply, 404, ({ problems }) => problems.nothing));
  http.setErrorHandler(async (error, request, reply) => {
    const status = statusOf(error);
    if (status === 404 && (await isFromErased(deps, request))) {
      // RFC 8058: to a mail program that unsubscribes, this is a success.
      return send(request, reply, request.method === 'POST' ? 200 : 410, ({ gone }) => gone);
    }
    if (status >= 500) {
      log.error({ route: routeOf(request), status, error: messageOf(error) }, 'a request failed');
    }
    return send(request, reply, status, ({ problems }) => problems[problemOf(error, status)]);
  });
}

/** Answers a path that cannot be read, in which no route was looked for. */
export function answerBadPath(request: FastifyRequest, reply: FastifyReply, status: number): FastifyReply {
  return send(request, reply, status, ({ problems }) => problems.theirs);
}

/** What a failure is called on a page. Messages of errors are for those who run the server, and in their language. */
function problemOf(error: unknown, status: number): keyof Texts['problems'] {
  if (error instanceof DearError && error.code === 'http.link') return 'link';
  if (status === 404) return 'nothing';
  if (status === 413) return 'tooMuch';
  if (status === 503) return 'restarting';
  return status >= 500 ? 'ours' : 'theirs';
}

/** The pattern of a route rather than the path, which holds a token. */
export function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url ?? '(unknown)'}`;
}

/** The status of whatever was thrown. */
export function statusOf(error: unknown): number {
  if (error instanceof DearError) return statuses[error.code] ?? 500;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  say: (texts: Texts) => ProblemTexts,
): FastifyReply {
  if (status === 503) reply.header('retry-after', '10');
  const speech = speechOf(request);
  return answerPage(reply.code(status), speech, problemPage(speech, say(speech.texts)));
}
