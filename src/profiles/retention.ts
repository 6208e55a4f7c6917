import { DearError } from '../errors.ts';
import { readEventType } from './event-key.ts';

const DAY = 86_400_000;
const FOR_EVER = 'forever';
/** A hundred years: whatever is longer is a slip of the finger. */
const LONGEST = 36_525 * DAY;
const UNITS: ReadonlyMap<string | undefined, number> = new Map([
  ['d', DAY],
  ['w', 7 * DAY],
  ['y', 365 * DAY],
]);
/** Long enough to classify mails again by better rules, short enough not to become an archive. */
const ARRIVALS_DEFAULT = 90 * DAY;

/** For how long what is stored is kept. */
export interface Retention {
  /** How long events of a type are kept, ms; undefined means for ever. */
  ofEvents(type: string): number | undefined;
  /** How long what arrived is kept in its raw form once it was understood: mails and hits, ms. */
  readonly arrivals: number | undefined;
  /** How long the entries of the audit log are kept, ms. */
  readonly audit: number | undefined;
  /**
   * Why an event is not taken in, or undefined when it is. Whatever stores events asks this first: an event that was
   * removed because of its age must not come back with the next import.
   */
  tooOld(type: string, at: number, now: number): string | undefined;
  /** What is kept, and for how long (ms, undefined for ever), in the order in which it was written. */
  readonly periods: readonly { readonly of: string; readonly ms: number | undefined }[];
}

/**
 * Reads `view=90d; opened=2y; arrivals=30d; *=5y`: event types, `*` for all other types, `arrivals`, `audit`; a whole
 * number and d, w or y (365 days), or `forever`. Without a word about them arrivals are kept for 90 days, and
 * everything else for ever.
 * @throws DearError `retention.invalid`
 */
export function parseRetention(text: string | undefined): Retention {
  const periods = new Map<string, number | undefined>([['arrivals', ARRIVALS_DEFAULT]]);
  const named = new Set<string>();
  for (const part of (text ?? '').split(/[;,]/)) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const given = part.slice(0, Math.max(equals, 0)).trim();
    const name = given === '*' ? given : readEventType(given);
    if (equals < 0 || name === undefined) throw wrong(part, 'it is no pair of a name and a period');
    if (named.has(name)) throw wrong(part, `${name} stands there twice`);
    named.add(name);
    periods.set(name, periodOf(part, part.slice(equals + 1).trim()));
  }
  return retentionOf(periods);
}

function periodOf(part: string, text: string): number | undefined {
  if (text === FOR_EVER) return undefined;
  const [, digits, letter] = /^(\d+)([dwy])$/.exec(text) ?? [];
  const length = Number(digits) * (UNITS.get(letter) ?? Number.NaN);
  const given = JSON.stringify(text.slice(0, 40));
  if (Number.isNaN(length)) throw wrong(part, `${given} is no period`);
  if (length === 0)
    throw wrong(part, `${given} is no time at all, and what is kept is kept for a day at least`);
  if (length > LONGEST) throw wrong(part, `${given} is longer than a hundred years; '${FOR_EVER}' says so`);
  return length;
}

function wrong(part: string, why: string): DearError {
  return new DearError(
    'retention.invalid',
    `RETENTION cannot be used: in '${part.trim().slice(0, 60)}' ${why}.`,
    {
      kind: 'usage',
      mend: "Write a whole number and d (days), w (weeks) or y (years), or 'forever': 'view=90d; opened=2y; arrivals=30d; order=forever; *=5y'.",
    },
  );
}

function retentionOf(periods: ReadonlyMap<string, number | undefined>): Retention {
  const ofEvents = (type: string) => periods.get(periods.has(type) && !isReserved(type) ? type : '*');
  return {
    ofEvents,
    arrivals: periods.get('arrivals'),
    audit: periods.get('audit'),
    tooOld: (type, at, now) => {
      const period = ofEvents(type);
      return period === undefined || at >= now - period
        ? undefined
        : `events of its type are kept for ${inWords(period)}, and it is older`;
    },
    periods: [...periods].map(([of, ms]) => ({ of, ms })),
  };
}

/** The types of events that periods name. */
export function typesNamed({ periods }: Pick<Retention, 'periods'>): string[] {
  return periods.map(({ of }) => of).filter((of) => of !== '*' && !isReserved(of));
}

/** Names that mean something else than an event type; events of such a type fall under `*`. */
export const reservedNames: readonly string[] = ['arrivals', 'audit'];
const isReserved = (name: string) => reservedNames.includes(name);

/** A period for people: '2 years', '90 days', 'for ever'. */
export function inWords(ms: number | undefined): string {
  if (ms === undefined) return 'for ever';
  const days = Math.round(ms / DAY);
  if (days % 365 === 0) return days === 365 ? '1 year' : `${days / 365} years`;
  return days === 1 ? '1 day' : `${days} days`;
}
