import type { FastifyInstance, FastifyReply } from 'fastify';
import { DearError, messageOf } from '../../errors.ts';
import type { HttpLog } from '../deps.ts';
import { routeOf, statusOf } from '../errors.ts';
import { tooLarge } from './body.ts';
import type { Problem } from './schemas.ts';

const RETRY_SECONDS = '2';
const DESCRIBED = 'GET /api/openapi.json describes what there is.';

/** Answers what no route answers, and what fails, with a JSON that says what to do. */
export function answerProblems(http: FastifyInstance, log: HttpLog): void {
  http.setNotFoundHandler((request, reply) => {
    return send(reply, 404, {
      code: 'api.unknown',
      message: `There is nothing at ${request.method} ${request.url.split('?')[0]}.`,
      mend: DESCRIBED,
    });
  });
  http.setErrorHandler((error, request, reply) => {
    const known = understood(error);
    const status = statusOf(known);
    if (status === 503) reply.header('retry-after', RETRY_SECONDS);
    if (known instanceof DearError && (status < 500 || status === 503)) {
      return send(reply, status, { code: known.code, message: known.message, mend: known.mend });
    }
    log.error({ route: routeOf(request), status, error: messageOf(error) }, 'a request failed');
    return send(reply, status, {
      code: 'api.failed',
      message: 'Something went wrong here; what was sent may not be stored.',
      mend: 'Send it again in a while: what has an id counts once.',
    });
  });
}

/** Answers a path that cannot be read, in which no route was looked for. */
export function answerBadPath(reply: FastifyReply, status: number): FastifyReply {
  return send(reply, status, {
    code: 'api.request',
    message:
      status === 414
        ? 'A part of the path is longer than anything that is known here.'
        : 'The path is not percent-encoded UTF-8.',
    mend: 'Encode what stands in it, such as an e-mail address: ann%40example.com.',
  });
}

/** Fastify's own errors in the words of the API. */
function understood(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge();
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new DearError('api.media', 'The body is of a type that is not understood here.', {
      kind: 'usage',
      mend: 'Send the header `Content-Type: application/json`.',
    });
  }
  if ('statusCode' in error && error.statusCode === 400 && !(error instanceof DearError)) {
    return new DearError('api.request', `The call cannot be understood: ${messageOf(error)}.`, {
      kind: 'usage',
      mend: DESCRIBED,
    });
  }
  return error;
}

function send(
  reply: FastifyReply,
  status: number,
  { code, message, mend }: { code: string; message: string; mend?: string | undefined },
): FastifyReply {
  const problem: Problem = { error: { code, message, ...(mend === undefined ? {} : { mend }) } };
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(problem));
}
