import { type Rate, usualBurst } from './limits.ts';
import type { RateState } from './permits.ts';
import type { Complaint } from './throttle-answers.ts';

/** From which pace (letters a second) a destination is slowed that has no limit of its own. */
export const USUAL_CEILING = 50;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
export const RECOVERY_MS = 10_000;
const GREYLISTING_MS = 60_000;
/** A complaint this old is history: nobody sent there, so nobody could recover step by step. */
export const FORGET_MS = 3_600_000;

/** The speed that holds now. */
export interface Pace {
  readonly perSecond: number;
  readonly burst: number;
  /** ms; in the past when there is no pause. */
  readonly pausedUntil: number;
}

/** The speed that a limit's own rate and its state allow at `now`; undefined when nothing limits it. */
export function paceAt(state: RateState, rate: Rate | undefined, now: number): Pace | undefined {
  if (!isSlow(state, now)) return rate && { ...rate, pausedUntil: 0 };
  const perSecond = Math.min(state.pace ?? Number.POSITIVE_INFINITY, rate?.perSecond ?? USUAL_CEILING);
  const burst = Math.min(usualBurst(perSecond), rate?.burst ?? Number.POSITIVE_INFINITY);
  // A clock that was set back must not make a pause longer than pauses are.
  return { perSecond, burst, pausedUntil: Math.min(state.pausedUntil, now + LONGEST_PAUSE_MS) };
}

/** Whether a complaint still has its effect. */
export function isSlow(state: RateState, now: number): boolean {
  return state.pacedAt > 0 && now - state.pacedAt < FORGET_MS;
}

/**
 * The state after a complaint; undefined when it changes nothing. A refusal for speed halves the pace (down to a
 * 64th) and pauses: 5 s, and twice as long for each further one, to ten minutes. Letters that were on their way
 * when the pause began do not count again. Greylisting wants each letter twice, not fewer letters: it makes no
 * pause and halves the pace at most once a minute, to a quarter.
 * @param ceiling the pace that it recovers to, letters a second
 */
export function slowedBy(
  state: RateState,
  complaint: Complaint,
  ceiling: number,
  now: number,
): RateState | undefined {
  const slow = isSlow(state, now);
  const pace = Math.min((slow ? state.pace : undefined) ?? ceiling, ceiling);
  if (complaint === 'greylisting') {
    if (pace <= ceiling / 4 || (slow && now - state.pacedAt < GREYLISTING_MS)) return undefined;
    return { ...state, pace: pace / 2, pausedUntil: 0, pacedAt: now };
  }
  if (slow && paused(state, now)) return undefined;
  const strikes = slow ? state.strikes + 1 : 1;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(strikes - 1, 20));
  return {
    ...state,
    pace: Math.max(pace / 2, ceiling / 64),
    strikes,
    pausedUntil: now + pause,
    pacedAt: now,
  };
}

/**
 * The state after letters were accepted: a tenth of the ceiling faster, at most once in ten seconds; undefined
 * when it is too early. At the ceiling all is forgotten.
 */
export function recovered(state: RateState, ceiling: number, now: number): RateState | undefined {
  if (!isSlow(state, now) || paused(state, now) || now - state.pacedAt < RECOVERY_MS) return undefined;
  const pace = (state.pace ?? ceiling) + ceiling / 10;
  if (pace >= ceiling * 0.999) return { ...state, pace: undefined, pausedUntil: 0, strikes: 0, pacedAt: 0 };
  return { ...state, pace, strikes: Math.max(0, state.strikes - 1), pacedAt: now };
}

function paused(state: RateState, now: number): boolean {
  return Math.min(state.pausedUntil, now + LONGEST_PAUSE_MS) > now;
}
