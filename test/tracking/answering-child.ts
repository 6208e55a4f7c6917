import { pino } from 'pino';
import { listenHttp, makeHttp } from '../../src/http/server.ts';
import { openQueues } from '../../src/queue/open.ts';
import { arrivalStore } from '../../src/store/arrivals.ts';
import { openStore } from '../../src/store/open.ts';
import { readerStore } from '../../src/store/readers.ts';
import { makeTokens } from '../../src/tracking/tokens.ts';
import { makeWaker } from '../../src/tracking/waker.ts';

// A server of its own process, which the test kills: databaseUrl, secret, queue URL or ''.
const [databaseUrl = '', secret = '', queueUrl = ''] = process.argv.slice(2);
const store = await openStore(databaseUrl, 'a secret of the tests');
const log = pino({ level: 'silent' });
const queues = await openQueues({ url: queueUrl || undefined, log, prefix: `dear-${process.pid}` });
const waker = makeWaker(
  () => queues.add('record', [{ payload: {}, key: 'record' }]),
  () => undefined,
);
const http = makeHttp({
  tokens: makeTokens(secret),
  arrivals: arrivalStore(store),
  readers: readerStore(store),
  wake: waker.wake,
  defaultFrequency: '2 per week',
  log,
});
process.stdout.write(`${await listenHttp(http, { host: '127.0.0.1', port: 0 })}\n`);
