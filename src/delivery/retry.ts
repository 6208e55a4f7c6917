const FIRST_MS = 60_000;
const LONGEST_MS = 4 * 3_600_000;

/**
 * How long a deferred letter waits before its next attempt, in ms: doubling from one minute to four hours,
 * each spread over ±25% so that letters deferred together do not come back together.
 * @param attempts how many attempts were made, at least 1
 * @param random a number in [0, 1)
 */
export function retryDelay(attempts: number, random: number): number {
  const base = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  return Math.round(base * (0.75 + random / 2));
}
