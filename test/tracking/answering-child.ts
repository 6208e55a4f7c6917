import { pino } from 'pino';
import { listenHttp, makeHttp } from '../../src/http/server.ts';
import { openQueues } from '../../src/queue/open.ts';
import { openStore } from '../../src/store/open.ts';
import { makeWaker } from '../../src/tracking/waker.ts';
import { publicDeps } from '../fixtures/public-server.ts';

// A server of its own process, which the test kills: databaseUrl, secret, queue URL or ''.
const [databaseUrl = '', secret = '', queueUrl = ''] = process.argv.slice(2);
const store = await openStore(databaseUrl, 'a secret of the tests');
const log = pino({ level: 'silent' });
const queues = await openQueues({ url: queueUrl || undefined, log, prefix: `dear-${process.pid}` });
const waker = makeWaker(
  () => queues.add('record', [{ payload: {}, key: 'record' }]),
  () => undefined,
);
const http = makeHttp(publicDeps(store, secret, { wake: waker.wake, log }));
process.stdout.write(`${await listenHttp(http, { host: '127.0.0.1', port: 0 })}\n`);
