import type { FastifyRequest } from 'fastify';
import type { TokenKind } from '../tracking/tokens.ts';
import type { HttpDeps } from './deps.ts';

/** The kinds of links that lead to a page, by how their path begins. */
const kinds: readonly (readonly [path: string, kind: TokenKind])[] = [
  ['/c/', 'click'],
  ['/u/', 'unsubscribe'],
  ['/p/', 'preferences'],
];

/** Whether a request that found nothing came from a letter whose customer was erased; its token must be ours. */
export async function isFromErased(
  deps: Pick<HttpDeps, 'tokens' | 'people'>,
  request: FastifyRequest,
): Promise<boolean> {
  const kind = kinds.find(([path]) => request.routeOptions.url?.startsWith(path))?.[1];
  const { params } = request;
  if (kind === undefined || typeof params !== 'object' || params === null || !('token' in params))
    return false;
  const send = typeof params.token === 'string' ? deps.tokens.verify(kind, params.token) : undefined;
  return send !== undefined && (await deps.people.isErasedLetter(send));
}
