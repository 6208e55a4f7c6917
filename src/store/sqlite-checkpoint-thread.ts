import { fdatasyncSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { serveThread } from '../thread.ts';
import type { LogLimits, Moment } from './sqlite-log.ts';

/** What a visit of the thread is for: looking after the log, or going. */
export type CheckpointAsk = 'tend' | 'close';

/** So long nobody writes in a calm moment. */
const CALM_MS = 100;
/** So few pages the writer copies in a moment. */
const FEW = 1000;
const MOST_ROUNDS = 12;

interface State {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/*
 * Copies the pages of the log back into the database while the writer goes on: a commit that had to do it itself
 * would take some hundred milliseconds. The log can begin anew only when all of it is copied back and on the disk and
 * no commit came meanwhile. In a calm moment that is soon so; a busy writer is left alone until the log is too long,
 * since what was copied would be on the disk, and the disk is what commits wait for. The answer says in what
 * moment the log is about to begin anew, of which the writer must be told; a busy one copies what is left.
 */
await serveThread<CheckpointAsk, Moment | undefined>(async () => {
  const { path, file, limits }: { path: string; file: number; limits: LogLimits } = workerData;
  const handle = new Sqlite(path, { fileMustExist: true });
  handle.pragma('synchronous = FULL');
  const run = (mode: 'NOOP' | 'PASSIVE') => (handle.pragma(`wal_checkpoint(${mode})`) as State[])[0];
  /** False when another process is at it. */
  const copy = () => run('PASSIVE')?.busy === 0;
  const look = () => {
    const { log = 0, checkpointed = 0 } = run('NOOP') ?? {};
    return { log, left: log - checkpointed };
  };
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const isCalm = (log: number) => {
    Atomics.wait(sleeper, 0, 0, CALM_MS);
    return look().log === log;
  };
  /** Each round leaves what was written during it; the writer would wait for what is copied but not on the disk. */
  const approach = () => {
    let { left } = look();
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      if (!copy()) return false;
      fdatasyncSync(file);
      const before = left;
      ({ left } = look());
      // A reader of an older state, or a writer who is as fast, keeps it from getting further.
      if (left <= FEW || left >= before) break;
    }
    return left > 0 && left < limits.portion;
  };
  let tried = 0;
  const tend = (): Moment | undefined => {
    const { log, left } = look();
    if (log < tried) tried = 0;
    // A long log that a reader keeps from beginning anew is not tried again for every commit.
    if (log >= Math.max(limits.tooLong, tried + limits.portion)) {
      tried = log;
      return approach() ? 'busy' : undefined;
    }
    if (left < limits.portion && !(left > 0 && log >= limits.long && isCalm(log))) return undefined;
    copy();
    return look().left === 0 ? 'calm' : undefined;
  };
  return (ask) => {
    if (ask === 'tend') return { answer: tend() };
    handle.close();
    return { answer: undefined };
  };
});
