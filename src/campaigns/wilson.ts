/** A share of a whole with the 95% interval in which the true share lies. All between 0 and 1. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;

/** Wilson's score interval (E. B. Wilson, 1927), without continuity correction; 0 of 0 is [0, 1]. */
export function wilson(count: number, of: number): Rate {
  if (of === 0) return { count, of, rate: 0, low: 0, high: 1 };
  const rate = count / of;
  const z2 = Z * Z;
  const middle = rate + z2 / (2 * of);
  const spread = Z * Math.sqrt((rate * (1 - rate) + z2 / (4 * of)) / of);
  const whole = 1 + z2 / of;
  return {
    count,
    of,
    rate,
    low: count === 0 ? 0 : Math.max(0, (middle - spread) / whole),
    high: count === of ? 1 : Math.min(1, (middle + spread) / whole),
  };
}
