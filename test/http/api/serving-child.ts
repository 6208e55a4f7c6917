import { listenHttp } from '../../../src/http/server.ts';
import { openStore } from '../../../src/store/open.ts';
import { apiServer } from '../../fixtures/api-server.ts';

// The API in a process of its own, which the test kills. Argument: the database's URL.
const server = apiServer(await openStore(process.argv[2] ?? '', 'secret'));
const secret = await server.key('events');
process.stdout.write(`${await listenHttp(server.http, { host: '127.0.0.1', port: 0 })} ${secret}\n`);
