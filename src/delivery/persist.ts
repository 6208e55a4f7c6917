import { setTimeout as wait } from 'node:timers/promises';

/**
 * Repeats a write that must not be lost, with growing pauses, while the database is away.
 * @param forMs when to give up, ms; then the last error is thrown
 */
export async function persist<T>(write: () => Promise<T>, forMs: number): Promise<T> {
  const until = performance.now() + forMs;
  for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
    try {
      return await write();
    } catch (error) {
      if (performance.now() + pause > until) throw error;
      await wait(pause);
    }
  }
}
