import { workerData } from 'node:worker_threads';
import { serveThread } from '../thread.ts';
import { type Answer, type Ask, Engine } from './sqlite-engine.ts';
import { LATE_CHECKPOINT_PAGES, openHandle } from './sqlite-handle.ts';

/*
 * The SQLite handle that writes, in a thread of its own: a commit waits for the disk, and a big statement takes
 * milliseconds, in which the event loop answers readers and keeps connections busy.
 */

const BUSY_MS = 15_000;

await serveThread<Ask | { readonly kind: 'close' }, Answer[]>(async () => {
  const engine = new Engine(openHandle(workerData.path, BUSY_MS, LATE_CHECKPOINT_PAGES));
  return (ask) => {
    if (ask.kind !== 'close') return { answer: engine.do(ask) };
    engine.close();
    return { answer: [] };
  };
});
