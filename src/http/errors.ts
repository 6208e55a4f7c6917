import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DearError, messageOf } from '../errors.ts';
import type { HttpDeps } from './deps.ts';
import { ERASED_PAGE, isFromErased } from './erased.ts';
import { problemPage } from './pages.ts';

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

const titles: Readonly<Record<number, readonly [title: string, text: string]>> = {
  404: [
    'There is nothing here',
    'Perhaps the address was cut off on the way. Please open it again from the letter.',
  ],
  413: ['That was too much', 'What was sent is larger than anything these pages ask for.'],
  503: [
    'Please try again in a moment',
    'This server is being restarted. Your request was not carried out yet.',
  ],
};
const ours = [
  'Something went wrong here',
  'It is our fault, and nothing was changed. Please try again in a minute.',
] as const;
const theirs = [
  'That cannot be understood',
  'Please go back to the letter and open its link again.',
] as const;

/** Answers everything that no route answers, and everything that fails, with a readable page. */
export function answerErrors(http: FastifyInstance, deps: Pick<HttpDeps, 'log' | 'tokens' | 'people'>): void {
  const { log } = deps;
  http.setNotFoundHandler((_request, reply) => send(reply, 404, ...(titles[404] ?? theirs)));
  http.setErrorHandler(async (error, request, reply) => {
    const status = statusOf(error);
    if (status === 404 && (await isFromErased(deps, request))) {
      // RFC 8058: to a mail program that unsubscribes, this is a success.
      return send(reply, request.method === 'POST' ? 200 : 410, ...ERASED_PAGE);
    }
    if (status >= 500) {
      log.error({ route: routeOf(request), status, error: messageOf(error) }, 'a request failed');
    }
    if (error instanceof DearError && status < 500) {
      return send(reply, status, error.message, error.mend ?? theirs[1]);
    }
    return send(reply, status, ...(titles[status] ?? (status >= 500 ? ours : theirs)));
  });
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

function send(reply: FastifyReply, status: number, title: string, text: string): FastifyReply {
  if (status === 503) reply.header('retry-after', '10');
  return reply.code(status).type('text/html; charset=utf-8').send(problemPage(title, text));
}
