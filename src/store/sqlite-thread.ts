import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, type Ask, Engine } from './sqlite-engine.ts';
import { openHandle } from './sqlite-handle.ts';

/*
 * The SQLite handle that writes, in a thread of its own: a commit waits for the disk, and a big statement takes
 * milliseconds, in which the event loop answers readers and keeps connections busy.
 */

const BUSY_MS = 15_000;

export type ToSqlite =
  | { readonly id: number; readonly ask: Ask }
  | { readonly id: number; readonly ask: 'close' };
export type FromSqlite =
  | { readonly id: number; readonly answers: Answer[] }
  | { readonly id: number; readonly error: string; readonly code: string | undefined };

const port = parentPort;
if (port !== null) {
  // Message 0 is the news that it is open.
  answer(0, () => {
    const engine = new Engine(openHandle(workerData.path, BUSY_MS));
    port.on('message', (message: ToSqlite) => {
      const { id, ask } = message;
      if (ask !== 'close') return answer(id, () => engine.do(ask));
      answer(id, () => {
        engine.close();
        return [];
      });
      port.close();
    });
    return [];
  });
}

function answer(id: number, work: () => Answer[]): void {
  try {
    const answers = work();
    port?.postMessage({ id, answers } satisfies FromSqlite);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    const text = error instanceof Error ? error.message : String(error);
    port?.postMessage({ id, error: text, code } satisfies FromSqlite);
  }
}
