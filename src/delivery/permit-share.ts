import type { Rate } from './limits.ts';
import { type SeatRequest, seated } from './permit-seats.ts';
import { FRESH, type PermitChange, type RateState, type Wait } from './permits.ts';
import { paceAt } from './throttle-pace.ts';
import type { WarmUp } from './throttle-warm-up.ts';
import { DAY_MS, dayOf } from './throttle-warm-up.ts';

/**
 * A limit that letters need a permit of: a rate (perhaps only a slowed-down pace), seats (letters in flight at the
 * same time), both, or the days of a warm-up.
 */
export interface Limit {
  readonly key: string;
  readonly rate: Rate | undefined;
  readonly warmUp?: WarmUp | undefined;
  readonly seats?: SeatLimit | undefined;
  /** Of the pace of which other limit this one is a part; it has no rate of its own then. */
  readonly partOf?: string | undefined;
  /** The share of a warm-up's day that is left for others. */
  readonly leaves?: number | undefined;
}

/** Seats, and how letters are let into the line for them. */
export interface SeatLimit {
  readonly most: number;
  readonly holder: string;
  readonly leaseMs: number;
  /** Seats that this process uses now, and how many it can use at all. */
  readonly used: number;
  readonly capacity: number;
  /** How long a letter sits, ms, and how far ahead of now letters were let in already, ms. */
  readonly latency: number;
  readonly ahead: number;
}

/** A letter, and the limits it falls under. */
export interface Asking {
  readonly id: number;
  readonly limits: readonly Limit[];
  /** Somebody waits for it: it may book the next permits, ahead of all letters that only stand in line. */
  readonly first?: boolean;
}

/** Who may go now, who waits, and what the limits are afterwards. */
export interface Share extends PermitChange {
  readonly granted: readonly number[];
  /** Those who have a permit for a later moment (ms). */
  readonly booked: readonly Wait[];
  /** The moment of all this, ms. */
  readonly now: number;
  /** How many seats this process has, and how many letters were let into the line for them, by limit. */
  readonly seats: ReadonlyMap<string, { readonly count: number; readonly letIn: number }>;
  /** Where lines end now. */
  readonly lines: Lines;
}

/** Where the waiting letters of one process stand in line: a moment (ms) for each run and limit. */
export type Lines = Map<string, number>;

/** A letter comes back after this time at the latest, so that a faster limit is noticed. */
const HORIZON_MS = 3_600_000;
/** Letters are let into the line for seats so far ahead: enough to keep the seats warm, too short to hold up a job. */
const SEAT_WINDOW_MS = 2000;
/** Of a limit, letters that go first take so much at most, so that they never starve the others. */
const FIRST_PART = 0.75;
/** So far ahead permits are booked, or one letter's worth if that is longer, but never longer than the last. */
const BOOK_AHEAD_MS = 20_000;
const MOST_AHEAD_MS = 300_000;
/** When all seats are others', a letter looks again after so long. */
const NO_SEAT_MS = 1000;

/** One limit while permits are given out. */
interface Bucket {
  readonly state: RateState;
  readonly free: number;
  /** The moment from which a letter may try again, ms, if nobody else got a permit. */
  readonly reopens: number;
  /** Before that nobody may, ms. */
  readonly pausedUntil: number;
  /** Whether the state must be stored even when no permit is given out. */
  readonly mended: boolean;
  /** Milliseconds between letters in line. */
  readonly step: number;
  /** What a permit adds to the state. */
  readonly spend: (state: RateState, granted: number) => RateState;
  readonly seats: number | undefined;
  granted: number;
  bookedUntil: number;
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
  lines: ReadonlyMap<string, number>,
  run: number,
  now: number,
  random: () => number,
): Share {
  const limits = limitsOf(asking);
  const wanted = new Map<string, number>();
  for (const limit of asking.flatMap((letter) => letter.limits)) {
    wanted.set(limit.key, (wanted.get(limit.key) ?? 0) + 1);
  }
  const buckets = new Map(
    [...limits].map(([key, limit]) => [
      key,
      open(partly(limit, limits, states, now), states.get(key) ?? FRESH, wanted.get(key) ?? 0, now),
    ]),
  );
  const ends: Lines = new Map();
  const granted: number[] = [];
  const booked: Wait[] = [];
  const waits: Wait[] = [];
  for (const { id, limits, first } of asking) {
    const isWaitedFor = ({ key }: Limit) => isFull(buckets.get(key));
    const full =
      limits.find((limit) => limit.partOf !== undefined && isWaitedFor(limit)) ?? limits.find(isWaitedFor);
    const bucket = full && buckets.get(full.key);
    if (full === undefined || bucket === undefined) {
      for (const { key } of limits) take(buckets.get(key));
      granted.push(id);
      continue;
    }
    const start = first && full.partOf === undefined ? book(realOf(limits, buckets), now) : undefined;
    if (start !== undefined) {
      for (const { key } of limits) take(buckets.get(key));
      booked.push({ id, dueAt: start });
      continue;
    }
    const line = `${run} ${full.key}`;
    const { dueAt, end } = placeInLine(ends.get(line) ?? lines.get(line), bucket, now, random);
    if (end !== undefined) ends.set(line, end);
    waits.push({ id, dueAt });
  }
  const after = [...buckets].filter(([, bucket]) => bucket.granted > 0 || bucket.mended);
  const seats = [...buckets].flatMap(([key, { seats: count, granted: letIn }]) =>
    count === undefined ? [] : [[key, { count, letIn }] as const],
  );
  return {
    granted,
    booked,
    now,
    waits,
    lines: ends,
    seats: new Map(seats),
    states: new Map(after.map(([key, bucket]) => [key, spent(bucket)])),
  };
}

function open(limit: Limit, state: RateState, wanted: number, now: number): Bucket {
  if (limit.warmUp !== undefined) return openDay(limit.warmUp, limit.leaves ?? 0, state, now);
  const bucket = openPace(limit.rate, state, now);
  return limit.seats === undefined ? bucket : withSeats(bucket, limit.seats, wanted, now);
}

function openPace(rate: Rate | undefined, state: RateState, now: number): Bucket {
  const pace = paceAt(state, rate, now);
  const shared = { seats: undefined, granted: 0, bookedUntil: 0 };
  if (pace === undefined) {
    const free = Number.POSITIVE_INFINITY;
    const spend = (after: RateState) => after;
    return { ...shared, state, free, reopens: now, pausedUntil: 0, mended: false, step: 0, spend };
  }
  const step = 1000 / pace.perSecond;
  const tolerance = pace.burst * step;
  const booked = Math.min(Math.max(0, state.used - now), aheadOf(step));
  // Never further ahead than a full burst and what was booked: the clock was set back, or the limit was slower before.
  const tat = Math.min(Math.max(state.tat, now), now + tolerance + booked);
  return {
    ...shared,
    state: { ...state, tat },
    free: pace.pausedUntil > now ? 0 : Math.floor((now + tolerance - tat) / step + 1e-6),
    reopens: tat + step - tolerance,
    pausedUntil: pace.pausedUntil,
    mended: state.tat > tat,
    step,
    spend: (after, granted) => ({ ...after, tat: Math.max(after.tat, now) + granted * step }),
  };
}

/** A limit on connections lets so many letters into its line as its seats can take in the next moments. */
function withSeats(bucket: Bucket, limit: SeatLimit, wanted: number, now: number): Bucket {
  const want = Math.min(limit.capacity, limit.used + (bucket.free > 0 ? wanted : 0));
  const request: SeatRequest = { ...limit, want: Math.max(want, limit.used) };
  const mine = bucket.state.holds.find((hold) => hold.holder === limit.holder)?.count ?? 0;
  // What is held already is given back by the clock, not by a batch that happens to need less.
  const { count, state } = seated(bucket.state, { ...request, want: Math.max(request.want, mine) }, now);
  const common = { ...bucket, state, seats: count, mended: true };
  if (count === 0) return { ...common, free: 0, reopens: Math.max(bucket.reopens, now + NO_SEAT_MS) };
  const step = limit.latency / count;
  const letIn = Math.max(0, Math.floor((SEAT_WINDOW_MS - limit.ahead) / step + 1e-6));
  return {
    ...common,
    free: Math.min(bucket.free, Math.max(letIn, limit.ahead === 0 ? count : 0)),
    reopens: Math.max(bucket.step === 0 ? 0 : bucket.reopens, now + limit.ahead + step - SEAT_WINDOW_MS),
    step: Math.max(bucket.step, step),
  };
}

function openDay(warmUp: WarmUp, leaves: number, state: RateState, now: number): Bucket {
  const { start, limit } = dayOf(warmUp, now);
  const used = state.tat === start ? state.used : 0;
  return {
    state: { ...state, tat: start, used },
    free: Number.isFinite(limit) ? limit - Math.floor(limit * leaves) - used : limit,
    reopens: start + DAY_MS,
    pausedUntil: 0,
    mended: false,
    step: 0,
    spend: (after, granted) => ({ ...after, used: after.used + granted }),
    seats: undefined,
    granted: 0,
    bookedUntil: 0,
  };
}

const isFull = (bucket: Bucket | undefined) => bucket !== undefined && bucket.granted >= bucket.free;

function take(bucket: Bucket | undefined): void {
  if (bucket !== undefined) bucket.granted += 1;
}

/**
 * Books the next permit of each bucket, for the moment at which all of them will be there.
 * @returns that moment; undefined when it is too far ahead, or nothing can be booked: in a pause, or on a day
 */
function book(buckets: readonly Bucket[], now: number): number | undefined {
  if (!buckets.every((bucket) => bucket.pausedUntil <= now && (bucket.step > 0 || !isFull(bucket))))
    return undefined;
  const start = Math.max(now, ...buckets.map(({ reopens, granted, step }) => reopens + granted * step));
  if (start > now + Math.min(...buckets.map(({ step }) => aheadOf(step)))) return undefined;
  for (const bucket of buckets) bucket.bookedUntil = Math.max(bucket.bookedUntil, start);
  return Math.ceil(start);
}

/** What is only a part of another limit decides how many may book, not when they go. */
function realOf(limits: readonly Limit[], buckets: ReadonlyMap<string, Bucket>): Bucket[] {
  return limits.flatMap(({ key, partOf }) => (partOf === undefined ? (buckets.get(key) ?? []) : []));
}

const aheadOf = (step: number) => Math.min(Math.max(BOOK_AHEAD_MS, step), MOST_AHEAD_MS);

function spent({ state, granted, bookedUntil, spend }: Bucket): RateState {
  const after = spend(state, granted);
  return bookedUntil > after.used ? { ...after, used: Math.ceil(bookedUntil) } : after;
}

function limitsOf(asking: readonly Asking[]): Map<string, Limit> {
  return new Map(asking.flatMap(({ limits }) => limits.map((limit) => [limit.key, limit])));
}

/** A limit that is part of another one has that one's pace of this moment. */
function partly(
  limit: Limit,
  limits: ReadonlyMap<string, Limit>,
  states: ReadonlyMap<string, RateState>,
  now: number,
): Limit {
  if (limit.partOf === undefined) return limit;
  const pace = paceAt(states.get(limit.partOf) ?? FRESH, limits.get(limit.partOf)?.rate, now);
  if (pace === undefined) return limit;
  const burst = Math.max(1, Math.floor(pace.burst * FIRST_PART));
  return { ...limit, rate: { perSecond: pace.perSecond * FIRST_PART, burst } };
}

/** The end of the line; or, when that is further than an hour, a moment within it. */
function placeInLine(
  last: number | undefined,
  { reopens, pausedUntil, granted, step }: Bucket,
  now: number,
  random: () => number,
): { dueAt: number; end: number | undefined } {
  const first = Math.max(reopens + granted * step, pausedUntil, now + 1);
  const horizon = first + HORIZON_MS;
  const next = Math.max(first, (last === undefined || last > horizon ? 0 : last) + step);
  if (next > horizon) return { dueAt: Math.ceil(first + HORIZON_MS * (0.5 + random() / 2)), end: undefined };
  return { dueAt: Math.ceil(next), end: next };
}
