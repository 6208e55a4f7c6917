import type { AddressInfo } from 'node:net';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { DearError, messageOf } from '../errors.ts';
import { makeRecorder } from '../tracking/recorder.ts';
import { type ApiDeps, apiRoutes } from './api/api.ts';
import { answerBadPath as answerBadApiPath } from './api/errors.ts';
import type { HttpDeps, HttpLog, RouteDeps } from './deps.ts';
import { answerBadPath, answerErrors, routeOf, statusOf } from './errors.ts';
import { contentSecurityPolicy } from './frame.ts';
import { hitRoutes } from './hits.ts';
import { homePage } from './pages.ts';
import { preferenceRoutes } from './preferences.ts';
import { confirmRoutes, signUpRoutes } from './sign-up.ts';
import { answerPage, speechOf } from './speech.ts';
import { unsubscribeRoutes } from './unsubscribe.ts';

const BODY_LIMIT = 64 * 1024;
/** An e-mail address in the path of the API, percent-encoded; tokens are much shorter. */
const LONGEST_PARAMETER = 400;
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * The public endpoints, and the API for other systems when it is given, as an app that can be asked without a port (`inject`) or made to listen.
 * `close()` lets requests in flight finish and stores what they wait for. Headers of proxies are not believed.
 */
export function makeHttp(deps: HttpDeps, api?: ApiDeps): FastifyInstance {
  const http = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    forceCloseConnections: 'idle',
    // No hook runs before this.
    frameworkErrors: (error, request, reply) => {
      reply.headers(guards);
      const isApi = api !== undefined && /^\/(api|v1)\//.test(request.url);
      const status = statusOf(error);
      return isApi ? answerBadApiPath(reply, status) : answerBadPath(request, reply, status);
    },
  });
  const recorder = makeRecorder(deps.arrivals, deps.wake);
  const route: RouteDeps = { ...deps, recorder, now: deps.now ?? Date.now };
  answerErrors(http, deps);
  protect(http, deps.log);
  http.register(formbody, { bodyLimit: BODY_LIMIT });
  const isSignUpOpen = deps.topics.from !== undefined && deps.topics.topics.some(({ signUp }) => signUp);
  http.get('/', (request, reply) => {
    const speech = speechOf(request);
    return answerPage(reply, speech, homePage(speech, isSignUpOpen));
  });
  http.get('/health', async (_request, reply) => {
    const database = await deps.readers.ping().then(
      () => 'ok',
      () => 'does not answer',
    );
    return reply
      .code(database === 'ok' ? 200 : 503)
      .send({ status: database === 'ok' ? 'ok' : 'failing', database });
  });
  http.register(async (scope) => {
    hitRoutes(scope, route);
    preferenceRoutes(scope, route);
    signUpRoutes(scope, route);
  });
  // On its own: an unsubscribe must be honoured whatever its body is called.
  http.register(async (scope) => unsubscribeRoutes(scope, route));
  http.register(async (scope) => confirmRoutes(scope, route));
  if (api !== undefined) apiRoutes(http, api, deps.log);
  http.addHook('onClose', () => recorder.close());
  return http;
}

/**
 * Listens, and gives the port (another one than asked for when that was 0).
 * @throws DearError `http.port-in-use` or `http.listen`, naming the setting to change.
 */
export async function listenHttp(http: FastifyInstance, at: { host: string; port: number }): Promise<number> {
  try {
    await http.listen(at);
  } catch (cause) {
    await http.close();
    throw cannotListen(at, cause);
  }
  const address: AddressInfo | string | null = http.server.address();
  return typeof address === 'object' && address !== null ? address.port : at.port;
}

function cannotListen({ host, port }: { host: string; port: number }, cause: unknown): DearError {
  const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  return inUse
    ? new DearError(
        'http.port-in-use',
        `Port ${port} on ${host} is in use, so the public endpoints cannot listen.`,
        {
          mend: 'Stop the other program, or set HTTP_PORT to a free port.',
          cause,
        },
      )
    : new DearError(
        'http.listen',
        `The public endpoints cannot listen on ${host}, port ${port}: ${messageOf(cause)}.`,
        {
          mend: 'Set HTTP_HOST to an address of this machine and HTTP_PORT to a port this user may open.',
          cause,
        },
      );
}

const guards = {
  'cache-control': 'no-store',
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
};

function protect(http: FastifyInstance, log: HttpLog): void {
  http.addHook('onRequest', async (_request, reply) => {
    reply.headers(guards);
  });
  http.addHook('onResponse', async (request, reply) => {
    const ms = Math.round(reply.elapsedTime);
    log.debug({ route: routeOf(request), status: reply.statusCode, ms }, 'answered');
  });
}
