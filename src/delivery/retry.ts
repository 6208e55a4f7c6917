const LONGEST_MS = 4 * 3_600_000;

/**
 * How long a deferred letter waits before its next attempt, in ms: doubling from the first wait to four hours,
 * each spread over ±25% so that letters deferred together do not come back together.
 * @param attempts how many attempts were made, at least 1
 * @param random a number in [0, 1)
 * @param firstMs the wait before the second attempt
 */
export function retryDelay(attempts: number, random: number, firstMs: number): number {
  const base = Math.min(firstMs * 2 ** Math.min(attempts - 1, 20), LONGEST_MS);
  return Math.round(base * (0.75 + random / 2));
}
