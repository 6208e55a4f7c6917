import { existsSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { type App, openApp } from '../../app.ts';
import { type Config, loadConfig } from '../../config.ts';
import { openQueues } from '../../queue/open.ts';
import type { Queues } from '../../queue/port.ts';
import { type Faces, startFaces, startWorkers } from '../../roles.ts';
import type { Cli } from '../cli.ts';
import { type Mailbox, openMailbox } from '../mailbox.ts';
import { takeFolder } from './folder.ts';

const HOST = '127.0.0.1';

/** Everything that the demo plays on, all of it in this process and in one folder. */
export interface Stage {
  readonly folder: string;
  readonly app: App;
  readonly queues: Queues;
  readonly faces: Faces;
  readonly mailbox: Mailbox;
  /** Ends what was started, the newest first; letters in flight finish. */
  close(): Promise<void>;
}

/**
 * Sets up the demo under DATA_DIR/demo: database, queue, mailbox, workers, endpoints and inbox, on free ports.
 * Neither the environment's database nor its queue nor its SMTP server is touched.
 */
export async function setStage(cli: Cli): Promise<Stage> {
  const path = join(cli.config().dataDir, 'demo');
  const closers: Array<() => Promise<void>> = [];
  const close = async () => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer();
  };
  try {
    const folder = await takeFolder(path);
    closers.push(folder.release);
    const mailbox = await openMailbox(join(path, 'mailbox'), { naming: 'send' });
    closers.push(mailbox.close);
    const app = await openApp(await demoConfig(cli, path, mailbox.port), undefined, 'thread');
    closers.push(app.close);
    const queues = await openQueues({ url: undefined, log: app.log });
    closers.push(queues.close.bind(queues));
    // Not 'plan': the demo plans in the foreground, and a worker must not be quicker.
    const workers = await startWorkers(app, queues, ['send', 'record', 'sweep']);
    closers.push(workers.close);
    const faces = await startFaces(app, queues);
    closers.push(faces.close);
    return { folder: path, app, queues, faces, mailbox, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Settings of its own; the folder is the working directory, so that no `.env` is read. */
async function demoConfig(cli: Cli, folder: string, mailboxPort: number): Promise<Config> {
  const [httpPort, inboundPort] = await freePorts(2);
  const config = loadConfig(
    {
      DATA_DIR: '.',
      SMTP_URL: `smtp://${HOST}:${mailboxPort}`,
      SMTP_CONNECTIONS: '4',
      HTTP_HOST: HOST,
      HTTP_PORT: String(httpPort),
      PUBLIC_URL: `http://${HOST}:${httpPort}`,
      INBOUND_HOST: HOST,
      INBOUND_PORT: String(inboundPort),
      LOG_LEVEL: cli.environment.LOG_LEVEL || 'error',
    },
    folder,
  );
  return Object.freeze({ ...config, templatesDir: templatesOf(cli.cwd) });
}

/** The templates of this place, so that a change to them shows; else those that came with Dear. */
function templatesOf(cwd: string): string {
  const at = (folder: string) => join(folder, 'templates');
  const isThere = (folder: string) => existsSync(join(at(folder), 'campaigns'));
  if (isThere(cwd)) return at(cwd);
  let folder = import.meta.dirname;
  while (!isThere(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return at(folder);
}

/** Ports that were free a moment ago. Letters name the port, so it must be known before anything listens. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listening));
  const ports = servers.map((server) => {
    const address: AddressInfo | string | null = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, HOST, () => resolve(server));
  });
}
