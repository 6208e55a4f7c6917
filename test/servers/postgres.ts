import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './port.ts';
import {
  findProgram,
  type RunningServer,
  runProgram,
  startProgram,
  stopper,
  unprivilegedUser,
  untilReady,
} from './process.ts';

/** Starts a throw-away PostgreSQL on a free loopback port; undefined when this machine has no server programs. */
export async function startPostgres(): Promise<RunningServer | undefined> {
  const initdb = findProgram('initdb', debianFolders());
  const program = findProgram('postgres', debianFolders());
  if (initdb === undefined || program === undefined) return undefined;
  const user = unprivilegedUser();
  const folder = mkdtempSync(join(tmpdir(), 'dear-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  await runProgram(
    initdb,
    ['-D', data, '-U', 'dear', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user,
  );
  const port = await freePort();
  const server = startProgram(program, ['-D', data, ...settings(port, folder)], user);
  const stop = stopper(server.child, 'SIGINT');
  const url = `postgres://dear@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(server, () => pingPostgres(url));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    stop: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rejects when no PostgreSQL answers at `url`. */
export async function pingPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

/** Debian keeps the server's programs out of PATH; the newest version first. */
function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, 'bin'));
}

/** Nothing is kept, so nothing needs to reach the disk; many test files connect at once. */
function settings(port: number, folder: string): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: folder,
    max_connections: '300',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
