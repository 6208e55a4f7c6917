import { DearError, messageOf } from '../errors.ts';

/** `place` is the URL as it may be shown, `cause` what the client said. */
export function unreachable(place: string, cause: unknown): DearError {
  return new DearError('queue.unreachable', `The queue at ${place} cannot be used: ${messageOf(cause)}.`, {
    mend: 'Start the server or correct QUEUE_URL; without QUEUE_URL the queue runs inside the process.',
    cause,
  });
}
