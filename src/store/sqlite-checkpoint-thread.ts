import { fdatasyncSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { serveThread } from '../thread.ts';
import { PORTION_PAGES } from './sqlite-log.ts';

/** What a visit of the thread is for: looking after the log, or going. */
export type CheckpointAsk = 'tend' | 'close';

/** Pages from which on the log should begin anew, and from which on it must, even if a commit has to wait for that. */
const LONG = 64_000;
const TOO_LONG = 96_000;
/** So few pages are copied again and again in hope of a moment without a commit. */
const FEW = 1000;
const MOST_ROUNDS = 8;

interface State {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/*
 * Copies the pages of the log back into the database while the writer goes on: a commit that had to do it itself
 * would take some hundred milliseconds. Each round leaves only what was written during it; when that is nothing, the
 * next commit begins the log anew. The answer says whether the writer must see to that.
 */
await serveThread<CheckpointAsk, boolean>(async () => {
  const handle = new Sqlite(workerData.path, { fileMustExist: true });
  handle.pragma('synchronous = FULL');
  const run = (mode: 'NOOP' | 'PASSIVE') => (handle.pragma(`wal_checkpoint(${mode})`) as State[])[0];
  const look = () => {
    const { log = 0, checkpointed = 0 } = run('NOOP') ?? {};
    return { log, left: log - checkpointed };
  };
  let tried = 0;
  const tend = (): boolean => {
    let { log, left } = look();
    // A long log that a reader keeps from beginning anew is not tried again for every commit.
    const isTooLong = log >= TOO_LONG && (log < tried || log >= tried + PORTION_PAGES);
    if (left < PORTION_PAGES && !isTooLong) return false;
    tried = log;
    const rounds = log < LONG ? 1 : MOST_ROUNDS;
    for (let round = 0; left > 0 && round < rounds; round += 1) {
      // Busy: another process is at it.
      if (run('PASSIVE')?.busy !== 0) return false;
      const before = left;
      ({ log, left } = look());
      // A reader of an older state, or a writer who is as fast, keeps it from getting further.
      if (left > FEW && left > before / 2) break;
    }
    if (left === 0 || log <= TOO_LONG) return false;
    // The disk is waited for in a round that ends without a commit after it; what was copied in others the writer would
    // wait for.
    fdatasyncSync(workerData.file);
    return run('PASSIVE')?.busy === 0;
  };
  return (ask) => {
    if (ask === 'tend') return { answer: tend() };
    handle.close();
    return { answer: false };
  };
});
