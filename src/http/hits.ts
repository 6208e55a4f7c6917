import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DearError } from '../errors.ts';
import { urlOf } from '../url.ts';
import type { RouteDeps } from './deps.ts';
import { firstTexts } from './texts/texts.ts';

/** One transparent pixel, the smallest that every mail program shows: 43 bytes. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64');

const LONGEST_AGENT = 300;

/** Opens and clicks. Both are stored before they are answered; HEAD is answered alike and never counts. */
export function hitRoutes(http: FastifyInstance, deps: RouteDeps): void {
  http.get<{ Params: { file: string } }>('/o/:file', async (request, reply) => {
    const { file } = request.params;
    const send = file.endsWith('.gif')
      ? deps.tokens.verify('open', file.slice(0, -'.gif'.length))
      : undefined;
    if (send !== undefined && request.method === 'GET') {
      await deps.recorder.record({ kind: 'open', at: deps.now(), facts: { send, ...agent(request) } });
    }
    return reply.type('image/gif').send(PIXEL);
  });
  http.get<{ Params: { token: string; link: string } }>('/c/:token/:link', async (request, reply) => {
    const send = deps.tokens.verify('click', request.params.token);
    const link = /^(0|[1-9]\d{0,3})$/.test(request.params.link) ? Number(request.params.link) : undefined;
    if (send === undefined || link === undefined) throw badLink();
    const url = safeTarget(await deps.readers.link(send, link));
    if (url === undefined) throw badLink();
    if (request.method === 'GET') {
      await deps.recorder.record({
        kind: 'click',
        at: deps.now(),
        facts: { send, link, url, ...agent(request) },
      });
    }
    return reply.redirect(url, 302);
  });
}

/** A link that is not one of ours, or whose letter is no longer kept. */
export function badLink(): DearError {
  const { title, text } = firstTexts.problems.link;
  return new DearError('http.link', title, { mend: text });
}

/** What the reader's program calls itself. */
export function agent(request: FastifyRequest): { agent?: string } {
  const text = request.headers['user-agent'];
  return text === undefined || text === '' ? {} : { agent: text.slice(0, LONGEST_AGENT) };
}

/** Our own links can only lead to the web, and go out as plain ASCII. */
function safeTarget(target: string | undefined): string | undefined {
  const url = target === undefined ? undefined : urlOf(target);
  return url?.protocol === 'https:' || url?.protocol === 'http:' ? url.href : undefined;
}
