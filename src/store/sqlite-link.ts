import { setTimeout as wait } from 'node:timers/promises';
import type Sqlite from 'better-sqlite3';
import { Thread } from '../thread.ts';
import { type Answer, type Ask, Engine } from './sqlite-engine.ts';
import { openHandle } from './sqlite-handle.ts';
import { migrateSqlite } from './sqlite-migrate.ts';

/** The way to the one handle of SQLite that writes. */
export interface Link {
  do(ask: Ask): Promise<Answer[]>;
  close(): Promise<void>;
  /** Whether what is asked is done in the order of asking, whatever is still under way. */
  readonly inOrder: boolean;
}

const BUSY_FOR_MS = 15_000;

/** A handle on this thread: nothing to start, right for a command that is soon over. */
export async function linkHere(path: string): Promise<Link> {
  const engine = new Engine(await openMigrated(path));
  return {
    inOrder: false,
    do: (ask) => patiently(() => engine.do(ask)),
    close: async () => engine.close(),
  };
}

/** A handle in a thread of its own: right for a process that stays and has other things to do. */
export async function linkToThread(path: string): Promise<Link> {
  (await openMigrated(path)).close();
  const file = new URL('./sqlite-thread', import.meta.url);
  const thread = new Thread<Ask | { readonly kind: 'close' }, Answer[]>(file, { path }, 'The database');
  await thread.ready;
  return {
    inOrder: true,
    do: (ask) => thread.ask(ask),
    close: async () => {
      if (!thread.over) await thread.ask({ kind: 'close' });
      await thread.terminate();
    },
  };
}

async function openMigrated(path: string): Promise<Sqlite.Database> {
  const handle = await patiently(() => openHandle(path, 0));
  try {
    await patiently(() => migrateSqlite(handle));
    return handle;
  } catch (error) {
    handle.close();
    throw error;
  }
}

/**
 * Tries again while another process writes. The wait is ours rather than SQLite's `busy_timeout`, which
 * would stop the event loop, and with it the renewing of leases and the answering of readers.
 */
async function patiently<T>(work: () => T): Promise<T> {
  const until = performance.now() + BUSY_FOR_MS;
  for (let pause = 1; ; pause = Math.min(pause * 2, 25)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      await wait(pause + Math.random() * pause);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}
