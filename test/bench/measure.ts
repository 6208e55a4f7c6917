import type { SendResult } from './results.ts';

/** Times a contender that sends `letters` letters, with the CPU of its process. */
export async function measured(letters: number, work: () => Promise<unknown>): Promise<SendResult> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { letters, seconds, cpuMicroseconds: user + system };
}

/** Works on the numbers from 0 below `count`, `width` of them at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** The time below which so large a share of the given ones lies; 0 when there are none. */
export function percentiles(times: readonly number[]): (share: number) => number {
  const sorted = times.toSorted((a, b) => a - b);
  return (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Times pieces of work one after the other. */
export async function inMilliseconds(
  count: number,
  work: (index: number) => Promise<unknown>,
): Promise<(share: number) => number> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const started = performance.now();
    await work(index);
    times.push(performance.now() - started);
  }
  return percentiles(times);
}
