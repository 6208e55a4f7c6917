/** `pending`: asked for, and not confirmed yet by the owner of the address. Only `in` is ever mailed. */
export type ConsentState = 'in' | 'out' | 'pending';

/** What can be kept as evidence of a statement about consent. */
export interface Evidence {
  /** The words that were agreed to. */
  readonly wording?: string | undefined;
  /** How it can be shown that they were: see `proofText`. */
  readonly proof?: string | undefined;
}

/** Where a profile stands with a topic, since when, and from where we know. */
export interface Consent extends Evidence {
  readonly topic: string;
  readonly state: ConsentState;
  /** ms since 1970. */
  readonly at: number;
  /** What its source said instead, when that was still to come: `at` is the moment at which it was told then. */
  readonly statedAt?: number | undefined;
  readonly source: string;
}

/** A statement about consent; `at` is undefined when the source does not say when it was made. */
export interface ConsentChange extends Evidence {
  readonly topic: string;
  readonly state: ConsentState;
  readonly at: number | undefined;
  readonly source: string;
}

export const EVIDENCE_MAX = 2000;

/** `state`: it becomes the state and history; `history`: it is older, and only kept; `nothing`: known already. */
type Effect = 'state' | 'history' | 'nothing';

/** Of two statements of the same moment the more careful one counts. */
const care: Readonly<Record<ConsentState, number>> = { pending: 0, in: 1, out: 2 };

/**
 * What a statement does to where a profile stands.
 * The newest statement wins, whenever it arrives; of two of the same moment 'out' wins. A moment ahead of now counts
 * as now, so that whatever is said later wins. A statement without
 * a time never turns 'out' or 'pending' into 'in': a shop's nightly list must not undo what a customer chose,
 * nor confirm what only they can. A request to confirm changes nothing for somebody who has agreed already; an
 * older agreement that is told after such a request leaves it open, since an opt-out may lie between the two.
 */
export function effectOf(current: Consent | undefined, change: ConsentChange, now: number): Effect {
  if (current === undefined) return 'state';
  if (change.at === undefined) return change.state === 'out' && current.state !== 'out' ? 'state' : 'nothing';
  if (change.state === 'pending' && current.state === 'in') return 'nothing';
  const [at, since] = [Math.min(change.at, now), Math.min(current.at, now)];
  if (at > since) return 'state';
  if (at < since) return 'history';
  if (change.state === current.state) return 'nothing';
  return care[change.state] > care[current.state] ? 'state' : 'history';
}

/** The moment of a statement: its own, or now, but never before what it overrides. None lies ahead of now. */
export function momentsOf(
  current: Consent | undefined,
  { at }: ConsentChange,
  now: number,
): Pick<Consent, 'at' | 'statedAt'> {
  if (at === undefined) return { at: Math.max(now, current?.at ?? 0) };
  return at > now ? { at: now, statedAt: at } : { at };
}

/** A topic's name: letters, digits, hyphens, up to 50. */
export function isTopic(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$/.test(text);
}

const states: Readonly<Record<string, 'in' | 'out'>> = Object.freeze({
  in: 'in',
  yes: 'in',
  true: 'in',
  '1': 'in',
  out: 'out',
  no: 'out',
  false: 'out',
  '0': 'out',
});

/** Reads in, yes, true, 1 and out, no, false, 0; undefined for anything else. */
export function readConsentState(value: unknown): 'in' | 'out' | undefined {
  const word = String(value).trim().toLowerCase();
  return Object.hasOwn(states, word) ? states[word] : undefined;
}
