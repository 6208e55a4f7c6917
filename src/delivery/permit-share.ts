import type { Rate } from './limits.ts';
import { FRESH, type PermitChange, type RateState, type Wait } from './permits.ts';
import { type Pace, paceAt } from './throttle-pace.ts';
import type { WarmUp } from './throttle-warm-up.ts';
import { DAY_MS, dayOf } from './throttle-warm-up.ts';

/** A limit that letters need a permit of: a rate (perhaps only a slowed-down pace), or the days of a warm-up. */
export interface Limit {
  readonly key: string;
  readonly rate: Rate | undefined;
  readonly warmUp?: WarmUp | undefined;
}

/** A letter, and the limits it falls under. */
export interface Asking {
  readonly id: number;
  readonly limits: readonly Limit[];
}

/** Who may go now, who waits, and what the limits are afterwards. */
export interface Share extends PermitChange {
  readonly granted: readonly number[];
}

/** Where the waiting letters of one process stand in line: a moment (ms) for each run and limit. */
export type Lines = Map<string, number>;

/** A letter comes back after this time at the latest, so that a faster limit is noticed. */
const HORIZON_MS = 3_600_000;

/** One limit while permits are given out. */
interface Bucket {
  readonly state: RateState;
  readonly pace: Pace | undefined;
  readonly free: number;
  /** The moment from which a letter may try again, ms, if nobody else got a permit. */
  readonly reopens: number;
  /** Whether the state must be stored even when no permit is given out. */
  readonly mended: boolean;
  /** Milliseconds between letters in line. */
  readonly step: number;
  granted: number;
}

/**
 * Gives out permits: a letter goes when every limit it falls under has one left, and takes one of each; otherwise
 * it takes none and waits. A waiting letter holds no permit, only an estimate of when it will get one: nothing is
 * reserved that could block others after a restart, a cancelled run or a change of the limits. The estimates of a
 * process stand in line, a limit's interval apart, so a million letters come back about when they can go.
 */
export function share(
  asking: readonly Asking[],
  states: ReadonlyMap<string, RateState>,
  lines: Lines,
  run: number,
  now: number,
  random: () => number,
): Share {
  const buckets = new Map<string, Bucket>();
  for (const limit of asking.flatMap((letter) => letter.limits)) {
    if (!buckets.has(limit.key)) buckets.set(limit.key, open(limit, states.get(limit.key) ?? FRESH, now));
  }
  const granted: number[] = [];
  const waits: Wait[] = [];
  for (const { id, limits } of asking) {
    const mine = limits.flatMap((limit) => buckets.get(limit.key) ?? []);
    const full = limits.find(({ key }) => isFull(buckets.get(key)));
    const bucket = full && buckets.get(full.key);
    if (full === undefined || bucket === undefined) {
      for (const each of mine) each.granted += 1;
      granted.push(id);
    } else waits.push({ id, dueAt: placeInLine(lines, `${run} ${full.key}`, bucket, now, random) });
  }
  const after = [...buckets].filter(([, bucket]) => bucket.granted > 0 || bucket.mended);
  return { granted, waits, states: new Map(after.map(([key, bucket]) => [key, spent(bucket, now)])) };
}

function open({ rate, warmUp }: Limit, state: RateState, now: number): Bucket {
  if (warmUp !== undefined) return openDay(warmUp, state, now);
  const pace = paceAt(state, rate, now);
  const free = Number.POSITIVE_INFINITY;
  if (pace === undefined) return { state, pace, free, reopens: now, mended: false, step: 0, granted: 0 };
  const step = 1000 / pace.perSecond;
  const tolerance = pace.burst * step;
  // Never further ahead than a full burst: the clock was set back, or the limit was slower before.
  const tat = Math.min(Math.max(state.tat, now), now + tolerance);
  const shut = pace.pausedUntil > now;
  return {
    state: { ...state, tat },
    pace,
    free: shut ? 0 : Math.floor((now + tolerance - tat) / step + 1e-6),
    reopens: tat + step - tolerance,
    mended: state.tat > tat,
    step,
    granted: 0,
  };
}

function openDay(warmUp: WarmUp, state: RateState, now: number): Bucket {
  const { start, limit } = dayOf(warmUp, now);
  const used = state.tat === start ? state.used : 0;
  return {
    state: { ...state, tat: start, used },
    pace: undefined,
    free: limit - used,
    reopens: start + DAY_MS,
    mended: false,
    step: 0,
    granted: 0,
  };
}

const isFull = (bucket: Bucket | undefined) => bucket !== undefined && bucket.granted >= bucket.free;

function spent({ state, pace, step, granted }: Bucket, now: number): RateState {
  if (pace !== undefined) return { ...state, tat: Math.max(state.tat, now) + granted * step };
  return { ...state, used: state.used + granted };
}

/** The end of the line; or, when that is further than an hour, a moment within it. */
function placeInLine(lines: Lines, line: string, bucket: Bucket, now: number, random: () => number): number {
  const last = lines.get(line);
  const { reopens, pace, granted, step } = bucket;
  const first = Math.max(reopens + granted * step, pace?.pausedUntil ?? 0, now + 1);
  const horizon = first + HORIZON_MS;
  const next = Math.max(first, (last === undefined || last > horizon ? 0 : last) + step);
  if (next > horizon) return Math.ceil(first + HORIZON_MS * (0.5 + random() / 2));
  lines.set(line, next);
  return Math.ceil(next);
}
