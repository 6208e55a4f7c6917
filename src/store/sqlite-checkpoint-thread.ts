import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { serveThread } from '../thread.ts';

/** What a visit of the thread is for: looking after the log, or going. */
export type CheckpointAsk = 'tend' | 'close';

/** Pages in the log from which copying them back is worth two waits for the disk. */
const WORTH_IT = 4000;
/** So few are left to the writer, who alone can begin the log anew. */
const LEFT_TO_WRITER = 500;
const MOST_ROUNDS = 6;

interface State {
  readonly busy: number;
  readonly log: number;
  readonly checkpointed: number;
}

/*
 * Copies the pages of the log back into the database while the writer goes on: a commit that had to do it itself
 * would take some hundred milliseconds. Each round leaves only what was written during it.
 * The answer says whether the writer should copy the little that is left.
 */
await serveThread<CheckpointAsk, boolean>(async () => {
  const handle = new Sqlite(workerData.path, { fileMustExist: true });
  handle.pragma('synchronous = FULL');
  const left = (mode: 'NOOP' | 'PASSIVE') => {
    const [state] = handle.pragma(`wal_checkpoint(${mode})`) as State[];
    return state === undefined || state.busy !== 0 ? -1 : state.log - state.checkpointed;
  };
  return (ask) => {
    if (ask === 'close') {
      handle.close();
      return { answer: false };
    }
    let pages = left('NOOP');
    if (pages < WORTH_IT) return { answer: false };
    for (let round = 0; round < MOST_ROUNDS && pages > LEFT_TO_WRITER; round += 1) pages = left('PASSIVE');
    return { answer: pages > 0 };
  };
});
