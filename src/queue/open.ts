import { DearError } from '../errors.ts';
import type { Backend } from './backend.ts';
import { embeddedImage } from './embedded-image.ts';
import type { Log } from './log.ts';
import type { Queues } from './port.ts';
import { embeddedPlace, openEmbedded, openPostgres } from './postgres.ts';
import { BullQueues } from './queues.ts';
import { openRedis } from './redis.ts';
import { defaultTiming, type Timing } from './timing.ts';
import { unreachable } from './unreachable.ts';
import { shownUrl } from './url.ts';

/**
 * Opens the queues where `url` says: `redis[s]://`, `postgres[ql]://`, or inside this process when there is none.
 * `prefix` keeps several installations on one server apart; `timing` makes it more or less patient.
 * @throws DearError `queue.unreachable` within some 5 s when the server does not answer or refuses,
 *   `queue.url` when the URL is of another kind.
 */
export async function openQueues(options: {
  readonly url: string | undefined;
  readonly log: Log;
  readonly prefix?: string;
  readonly timing?: Partial<Timing>;
}): Promise<Queues> {
  const timing = { ...defaultTiming, ...options.timing };
  const backend = await openBackend(options.url, options.log, timing.openMs);
  const queues = new BullQueues(backend, { log: options.log, prefix: options.prefix ?? 'dear', timing });
  try {
    await queues.ready();
  } catch (error) {
    await queues.close();
    throw error;
  }
  return queues;
}

/** An image of another version of PGlite cannot be started; then a new database is made. */
async function openFromImage(log: Log): Promise<Backend> {
  const image = await embeddedImage();
  if (image === undefined) return openEmbedded(log);
  return openEmbedded(log, { image }).catch(() => openEmbedded(log));
}

async function openBackend(url: string | undefined, log: Log, openMs: number): Promise<Backend> {
  try {
    if (url === undefined) return await openFromImage(log);
    if (!URL.canParse(url)) throw notAQueue(url);
    if (/^rediss?:/i.test(url)) return await openRedis(url, log, openMs);
    if (/^postgres(ql)?:/i.test(url)) return await openPostgres(url, log, openMs);
    throw notAQueue(url);
  } catch (error) {
    if (error instanceof DearError) throw error;
    throw unreachable(url === undefined ? embeddedPlace : shownUrl(url), error);
  }
}

function notAQueue(url: string): DearError {
  return new DearError('queue.url', `There is no queue at ${shownUrl(url)}.`, {
    kind: 'usage',
    mend: 'QUEUE_URL starts with redis://, rediss:// or postgres://, or is empty.',
  });
}
