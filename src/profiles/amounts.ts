/** Money is kept in ten-thousandths, rounded per event, so that sums are exact and the same in any order. */
export const AMOUNT_UNITS = 10_000;
/** Numbers beyond these are no amounts. */
export const SMALLEST_AMOUNT = 1e-9;
export const LARGEST_AMOUNT = 1e12;

/** A number as an amount: 0 for what is none. */
export function amountOf(value: unknown): number {
  if (typeof value !== 'number') return 0;
  const size = Math.abs(value);
  return size >= SMALLEST_AMOUNT && size <= LARGEST_AMOUNT ? value : 0;
}

/** An amount in {@link AMOUNT_UNITS}. */
export const unitsOf = (amount: number) => Math.floor(amount * AMOUNT_UNITS + 0.5);

/** Totals beyond this, in units, could not be kept exactly. */
export const LARGEST_TOTAL = 9_000_000_000_000_000;
