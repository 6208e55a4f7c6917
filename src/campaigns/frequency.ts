import type { Frequency } from '../profiles/preferences.ts';

const DAY = 86_400_000;

/** Lengths of the windows in which letters are counted, in ms. Windows roll: a month is any 30 days. */
export const WINDOW_MS = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const;

/**
 * The earliest moment from `from` on at which one more letter keeps every window within the limit.
 * @param taken moments (ms) of letters that were sent or have a slot already, in any order
 * @param allowed moves a moment to the next permitted one (quiet hours); must never go back
 * @param until no slot after this moment is looked for
 * @returns ms since 1970, or undefined when there is none up to `until`
 */
export function nextFreeSlot(
  taken: readonly number[],
  limit: Frequency | undefined,
  from: number,
  allowed: (at: number) => number,
  until: number,
): number | undefined {
  const within = (at: number) => (at <= until ? at : undefined);
  if (limit === undefined) return within(allowed(from));
  const window = WINDOW_MS[limit.per];
  const sorted = [...taken].sort((a, b) => a - b);
  const candidates = [from, ...sorted.map((at) => at + window).filter((at) => at > from)];
  for (const candidate of candidates) {
    const at = allowed(candidate);
    if (at > until) return undefined;
    if (fits(sorted, at, limit.max, window)) return at;
  }
  return undefined;
}

/** Whether no window of length `window` (open at its start) holds more than `max` letters once `at` is added. */
function fits(sorted: readonly number[], at: number, max: number, window: number): boolean {
  const near = [...sorted.filter((other) => Math.abs(other - at) < window), at].sort((a, b) => a - b);
  for (let first = 0; first + max < near.length; first += 1) {
    const last = near[first + max];
    const start = near[first];
    if (last !== undefined && start !== undefined && last - start < window) return false;
  }
  return true;
}
