import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from '../servers/port.ts';
import { pingPostgres } from '../servers/postgres.ts';
import {
  findProgram,
  runProgram,
  startProgram,
  stopper,
  unprivilegedUser,
  untilReady,
} from '../servers/process.ts';
import { pingRedis } from '../servers/redis.ts';

/** A server of our own, which scenarios may stop as rudely as they like. */
export interface FragileServer {
  readonly url: string;
  /** Ends it without a word of warning. */
  crash(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis that keeps nothing: what it held is gone after a crash. Undefined when there is none on this machine. */
export async function fragileRedis(): Promise<FragileServer | undefined> {
  const program = findProgram('redis-server', ['/usr/bin', '/usr/local/bin']);
  if (program === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'dear-chaos-redis-'));
  const port = await freePort();
  const settings = { bind: '127.0.0.1', port: String(port), save: '', appendonly: 'no', dir: folder };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const url = `redis://127.0.0.1:${port}`;
  return fragile({
    url,
    folder,
    launch: () => startProgram(program, args),
    probe: () => pingRedis(url),
    signal: 'SIGKILL',
  });
}

/** Everything that a Redis holds is gone. */
export async function flushRedis(url: string): Promise<void> {
  const client = new Redis(url);
  await client.flushall();
  client.disconnect();
}

/**
 * A PostgreSQL that commits for good as soon as it says so. Without fsync, which only matters when the machine loses
 * power. Undefined when there is none on this machine.
 */
export async function fragilePostgres(): Promise<FragileServer | undefined> {
  const [initdb, program] = ['initdb', 'postgres'].map((name) => findProgram(name, debianFolders()));
  if (initdb === undefined || program === undefined) return undefined;
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), 'dear-chaos-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await runProgram(
    initdb,
    ['-D', data, '-U', 'dear', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user,
  );
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    'fsync=off',
    'synchronous_commit=on',
  ].flatMap((setting) => ['-c', setting]);
  const url = `postgres://dear@127.0.0.1:${port}/postgres`;
  return fragile({
    url,
    folder,
    launch: () => startProgram(program, ['-D', data, ...settings], user),
    probe: () => pingPostgres(url),
    // PostgreSQL's immediate shutdown: connections are cut, and the next start recovers from the log.
    signal: 'SIGQUIT',
  });
}

/** Debian keeps the server's programs out of PATH; the newest version first. */
function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

async function fragile(server: {
  readonly url: string;
  readonly folder: string;
  readonly signal: NodeJS.Signals;
  launch(): ReturnType<typeof startProgram>;
  probe(): Promise<void>;
}): Promise<FragileServer> {
  let crash: () => Promise<void> = () => Promise.resolve();
  const start = async () => {
    const started = server.launch();
    crash = stopper(started.child, server.signal);
    await untilReady(started, server.probe);
  };
  await start();
  return {
    url: server.url,
    crash: () => crash(),
    start,
    close: async () => {
      await crash();
      rmSync(server.folder, { recursive: true, force: true });
    },
  };
}
