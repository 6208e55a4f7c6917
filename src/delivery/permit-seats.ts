import type { RateState } from './permits.ts';

/** Who asks for seats of a limit on connections. */
export interface SeatRequest {
  readonly holder: string;
  /** How many there are in all. */
  readonly most: number;
  /** How many this process can use now. */
  readonly want: number;
  readonly leaseMs: number;
}

/**
 * Seats for one process: as many as it wants, as far as others leave any; 0 gives all back. Seats of others whose
 * lease ran out are free again.
 * @returns how many it has now, and the state with that
 */
export function seated(
  state: RateState,
  { holder, most, want, leaseMs }: SeatRequest,
  now: number,
): { count: number; state: RateState } {
  // A lease never ends further away than a lease lasts: the clock was set back.
  const others = state.holds.filter(
    (hold) => hold.holder !== holder && hold.until > now && hold.until <= now + 2 * leaseMs,
  );
  const taken = others.reduce((sum, hold) => sum + hold.count, 0);
  const count = Math.max(0, Math.min(want, most - taken));
  const holds = count === 0 ? others : [...others, { holder, count, until: now + leaseMs }];
  return { count, state: { ...state, tat: Math.max(state.tat, now), holds } };
}
