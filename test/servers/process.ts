import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A server that the tests started, and how to end it. */
export interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The user that a server runs as; undefined when it is ours. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The first of `folders`, then of PATH, that holds a program called `name`. */
export function findProgram(name: string, folders: readonly string[] = []): string | undefined {
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...path].map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** An unprivileged user of this machine, for servers that refuse to run as root; undefined when we are not root. */
export function unprivilegedUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    if (fields) return { uid: Number(fields[2]), gid: Number(fields[3]) };
  }
  return undefined;
}

/** Runs a program to its end. Rejects with what it printed when it fails. */
export function runProgram(file: string, args: readonly string[], user?: ServerUser): Promise<void> {
  return new Promise((resolve, reject) => {
    const { child, output } = startProgram(file, args, user);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${file} ended with code ${code}: ${output()}`));
    });
  });
}

/** Starts a program in the root folder, which every user may enter, and keeps the end of what it prints. */
export function startProgram(
  file: string,
  args: readonly string[],
  user?: ServerUser,
): { child: ChildProcess; output: () => string } {
  let printed = '';
  const child = spawn(file, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] });
  const keep = (chunk: Buffer) => {
    printed = (printed + chunk.toString()).slice(-4000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, output: () => printed.trim() };
}

/** Calls `probe` until it succeeds. Rejects after 20 s, or as soon as the server has ended. */
export async function untilReady(
  server: { child: ChildProcess; output: () => string },
  probe: () => Promise<void>,
): Promise<void> {
  let spawnError: Error | undefined;
  server.child.once('error', (error) => {
    spawnError = error;
  });
  for (let left = 400; ; left -= 1) {
    try {
      return await probe();
    } catch (cause) {
      if (spawnError) throw spawnError;
      const ended = server.child.exitCode !== null || server.child.signalCode !== null;
      if (ended || left === 0) throw new Error(`A test server did not start: ${server.output()}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Ends a server with `signal` and waits until it is gone. Also ends it when this process exits early. */
export function stopper(child: ChildProcess, signal: NodeJS.Signals): () => Promise<void> {
  const kill = () => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  return async () => {
    process.removeListener('exit', kill);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
}
