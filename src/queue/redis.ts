import { createRedisBackend, withBackend } from 'bullmq';
import { Redis } from 'ioredis';
import { type Backend, makeBackend } from './backend.ts';
import { ConnectionLog, type Log } from './log.ts';
import { redisCells } from './redis-cells.ts';
import { shownUrl } from './url.ts';
import { within } from './within.ts';

/**
 * Connects to Redis.
 * @throws the client's own error when the server does not answer within `openMs`.
 */
export async function openRedis(url: string, log: Log, openMs: number): Promise<Backend> {
  const place = shownUrl(url);
  const connection = new ConnectionLog(log, place);
  let opened = false;
  const producer = new Redis(url, {
    lazyConnect: true,
    connectTimeout: openMs,
    keepAlive: 10_000,
    maxRetriesPerRequest: 2,
    retryStrategy: (times) => (opened ? Math.min(times * 200, 3000) : null),
  });
  // A worker's command waits for the server to come back: BullMQ demands it. Connects when the first worker starts.
  const consumer = producer.duplicate({ maxRetriesPerRequest: null });
  let refusal: unknown;
  for (const client of [producer, consumer]) {
    client.on('error', (error) => {
      if (opened) connection.error(error);
      else refusal = error;
    });
    client.on('ready', () => connection.connected());
  }
  const close = async () => {
    producer.disconnect();
    consumer.disconnect();
  };
  try {
    const late = () => new Error(`no answer within ${openMs / 1000} s`);
    const info = await within(openMs, connectAndAsk(producer), late);
    opened = true;
    const skipVersionCheck = !isSuitable(info, log, place);
    const classes = withBackend(createRedisBackend);
    // Every step of BullMQ's on Redis is one script, which nothing interrupts.
    const alone = <T>(work: () => Promise<T>) => work();
    const cells = (prefix: string) => redisCells(producer, prefix, place);
    const clients = { producer, consumer, skipVersionCheck };
    return makeBackend({ place, connection, classes, ...clients, alone, cells, close });
  } catch (error) {
    await close();
    throw refusal ?? error;
  }
}

async function connectAndAsk(client: Redis): Promise<string> {
  await client.connect();
  return client.info();
}

/**
 * Whether Redis is one that BullMQ has nothing to say about. Otherwise we say it, once, and switch off BullMQ's own
 * check, which prints to the console for each of its connections (and then waits in whole seconds for delayed jobs).
 * @throws when Redis is older than 5, which BullMQ cannot use.
 */
function isSuitable(info: string, log: Log, place: string): boolean {
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  const [, version = '', major = '0', minor = '0'] = /^redis_version:((\d+)\.(\d+)\S*)/m.exec(info) ?? [];
  if (version !== '' && Number(major) < 5)
    throw new Error(`Redis ${version} is too old: 6.2 or newer is needed`);
  const old = version !== '' && (Number(major) < 6 || (Number(major) === 6 && Number(minor) < 2));
  if (policy !== 'noeviction') {
    const advice = 'Redis may evict jobs when its memory is full: set maxmemory-policy to noeviction.';
    log.warn({ queue: place, policy }, advice);
  }
  if (old) log.warn({ queue: place, version }, 'This Redis is old: 6.2 or newer is advised.');
  return policy === 'noeviction' && !old;
}
