import { setImmediate } from 'node:timers/promises';

const turnMs = 2;
let turnBegan = 0;

/**
 * Nothing here waits for a socket, so that a long line of short jobs would run in one go and everything else in the
 * process would stand still: between two jobs, timers and sockets get their turn every few milliseconds.
 */
export async function breathe(): Promise<void> {
  if (performance.now() - turnBegan < turnMs) return;
  await setImmediate();
  turnBegan = performance.now();
}
