import type { Output } from '../../src/cli/output.ts';
import { Contest, type ContestSize } from './contest.ts';
import { machine, machineLine, perSecond, rounded } from './machine.ts';

/** What is asked of `npm run bench -- scale`. */
export interface ScaleSize {
  /** Letters of each run whose memory is looked at. */
  readonly sizes: readonly number[];
  /** Numbers of worker processes. */
  readonly workers: readonly number[];
  /** Letters of the runs with several workers. */
  readonly letters: number;
  readonly connections: number;
}

/** Memory of a worker against the size of the run, and speed against the number of worker processes. */
export async function scale(size: ScaleSize, out: Output): Promise<void> {
  const memory = [];
  for (const letters of size.sizes) {
    const dear = await Contest.hold(contestOf(letters, size), out.note, async (contest) => {
      await contest.import();
      return contest.dear();
    });
    memory.push({ letters, lettersPerSecond: perSecond(dear), peakRssMiB: rounded(dear.peakRssMiB, 1) });
  }
  const speed = [];
  for (const workers of size.workers) {
    const dear = await Contest.hold(contestOf(size.letters, size), out.note, async (contest) => {
      await contest.import();
      return contest.dear(workers - 1);
    });
    speed.push({ workers, lettersPerSecond: perSecond(dear) });
  }
  out.say(`\n${machineLine()}, ${size.connections} connections a worker\n`);
  out.table(
    ['letters of the run', 'letters a second', "the worker's peak memory, MiB"],
    memory.map((row) => [row.letters.toLocaleString('en'), row.lettersPerSecond, row.peakRssMiB] as const),
  );
  out.say();
  out.table(
    ['worker processes', 'letters a second, of all'],
    speed.map((row) => [row.workers, row.lettersPerSecond] as const),
  );
  out.data({ memory, speed, connections: size.connections, machine: machine() });
}

function contestOf(letters: number, { connections }: ScaleSize): ContestSize {
  return {
    profiles: letters,
    events: letters,
    letters,
    profiled: 0,
    connections,
    away: 0,
    cpuProfile: undefined,
  };
}
