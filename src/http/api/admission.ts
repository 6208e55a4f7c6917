import type { FastifyReply, FastifyRequest } from 'fastify';
import { DearError } from '../../errors.ts';
import { tooLarge } from './body.ts';
import { MOST_BYTES, MOST_ITEMS } from './schemas.ts';

/** Bytes of bodies that may be in the house at once, being read or waiting to be stored. */
const MOST_BYTES_INSIDE = 64 * 1024 * 1024;

/**
 * A hook that keeps the memory that bodies take within limits, however many call at once. It runs before a body
 * is read, so that what is turned away costs nothing.
 */
export function admission(mostInside = MOST_BYTES_INSIDE) {
  let inside = 0;
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const length = Number(request.headers['content-length'] ?? MOST_BYTES);
    if (length > MOST_BYTES) throw tooLarge();
    if (inside > 0 && inside + length > mostInside) {
      throw new DearError('api.busy', 'Too much is coming in at once.', {
        mend: 'Send it again in a few seconds.',
      });
    }
    inside += length;
    // 'close' comes when it was answered and also when the caller hung up.
    reply.raw.once('close', () => {
      inside -= length;
    });
  };
}

/** The items of a body: one, or an array of them. @throws DearError `api.too-many` */
export function itemsOf(body: unknown): readonly unknown[] {
  const items = Array.isArray(body) ? body : [body];
  if (items.length <= MOST_ITEMS) return items;
  throw new DearError(
    'api.too-many',
    `There are ${items.length} items in the call; ${MOST_ITEMS} are allowed.`,
    {
      kind: 'usage',
      mend: 'Send them in several calls.',
    },
  );
}
