import { DearError } from '../errors.ts';
import type { Backend } from './backend.ts';
import { openEmbedded } from './embedded.ts';
import type { Log } from './log.ts';
import type { Queues } from './port.ts';
import { BullQueues } from './queues.ts';
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

/** Loads the client of the one place that it opens: each costs a process some 20 MB. */
async function openBackend(url: string | undefined, log: Log, openMs: number): Promise<Backend> {
  if (url === undefined) return openEmbedded(log);
  const open = await clientFor(url);
  try {
    return await open(url, log, openMs);
  } catch (error) {
    throw unreachable(shownUrl(url), error);
  }
}

async function clientFor(url: string): Promise<(url: string, log: Log, openMs: number) => Promise<Backend>> {
  if (URL.canParse(url)) {
    if (/^rediss?:/i.test(url)) return (await import('./redis.ts')).openRedis;
    if (/^postgres(ql)?:/i.test(url)) return (await import('./postgres.ts')).openPostgres;
  }
  throw notAQueue(url);
}

function notAQueue(url: string): DearError {
  return new DearError('queue.url', `There is no queue at ${shownUrl(url)}.`, {
    kind: 'usage',
    mend: 'QUEUE_URL starts with redis://, rediss:// or postgres://, or is empty.',
  });
}
