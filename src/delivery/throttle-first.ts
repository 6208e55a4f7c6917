import { type Asking, type Limit, type Lines, type Share, share } from './permit-share.ts';
import type { Permits } from './permits.ts';

/** A letter that somebody waits for. */
export interface FirstLetter {
  readonly id: number;
  readonly address: string;
}

/** Letters with permits, and those that must ask again, each with the time until then, ms. */
export interface Booking {
  readonly going: readonly { readonly id: number; readonly inMs: number }[];
  readonly waiting: readonly { readonly id: number; readonly inMs: number }[];
}

/** What booking needs of the throttle. */
export interface BookingDeps {
  readonly permits: Permits;
  readonly days: Permits;
  readonly random: () => number;
  /** The warm-up that a sender is in. */
  day(from: string): Limit | undefined;
  /** Rates, without seats: those are taken when the letter leaves. */
  limitsOf(address: string): readonly Limit[];
}

/** Their place in line, should they stand in one, is no run's. */
const NO_RUN = 0;

/**
 * Permits for letters that somebody waits for. Where a limit has none now, the next one is booked, so that letters
 * which only stand in line come after; yet of each limit at most three quarters, so that these come as well. A booking
 * of a process that dies is one permit lost.
 */
export async function book(
  deps: BookingDeps,
  from: string,
  letters: readonly FirstLetter[],
): Promise<Booking> {
  const day = deps.day(from);
  const today =
    day === undefined
      ? undefined
      : await settle(
          deps.days,
          ask(letters, () => [day]),
          deps.random,
        );
  const late = new Set(today?.waits.map(({ id }) => id));
  const asking = ask(
    letters.filter(({ id }) => !late.has(id)),
    (letter) => deps.limitsOf(letter.address).flatMap((limit) => [limit, part(limit)]),
  );
  try {
    const result = await settle(deps.permits, asking, deps.random);
    if (day !== undefined) await uncount(deps.days, day, result.waits.length);
    return {
      going: [...result.granted.map((id) => ({ id, inMs: 0 })), ...since(result, result.booked)],
      waiting: [...since(result, result.waits), ...(today === undefined ? [] : since(today, today.waits))],
    };
  } catch (error) {
    if (day !== undefined) await uncount(deps.days, day, asking.length);
    throw error;
  }
}

/** Letters that were counted on a day and have to wait for another limit. */
export async function uncount(days: Permits, day: Limit, letters: number): Promise<void> {
  if (letters === 0) return;
  await days.change([day.key], undefined, (states) => ({
    states: new Map([...states].map(([key, s]) => [key, { ...s, used: Math.max(0, s.used - letters) }])),
    waits: [],
  }));
}

function ask(letters: readonly FirstLetter[], limitsOf: (letter: FirstLetter) => readonly Limit[]): Asking[] {
  return letters.map((letter) => ({ id: letter.id, limits: limitsOf(letter), first: true }));
}

const part = ({ key }: Limit): Limit => ({ key: `first ${key}`, rate: undefined, partOf: key });

async function settle(permits: Permits, asking: readonly Asking[], random: () => number): Promise<Share> {
  const keys = [...new Set(asking.flatMap(({ limits }) => limits.map(({ key }) => key)))];
  const decide = (states: Parameters<Parameters<Permits['change']>[2]>[0], now: number) =>
    share(asking, states, noLines, NO_RUN, now, random);
  return keys.length === 0 ? decide(new Map(), 0) : permits.change(keys, undefined, decide);
}

const noLines: Lines = new Map();

const since = ({ now }: Share, moments: readonly { id: number; dueAt: number }[]) =>
  moments.map(({ id, dueAt }) => ({ id, inMs: Math.max(0, dueAt - now) }));
