import { parseDuration } from '../duration.ts';
import { DearError } from '../errors.ts';
import { readEventType } from './event-key.ts';

const DAY = 86_400_000;
const FOR_EVER = 'forever';
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
  const years = /^([1-9]\d?)y$/.exec(text);
  if (years !== null) return Number(years[1]) * 365 * DAY;
  if (!/^\d+[dw]$/.test(text)) throw wrong(part, `${JSON.stringify(text.slice(0, 40))} is no period`);
  return parseDuration(text);
}

function wrong(part: string, why: string): DearError {
  return new DearError(
    'retention.invalid',
    `RETENTION cannot be used: in '${part.trim().slice(0, 60)}' ${why}.`,
    {
      kind: 'usage',
      mend: "Write it like 'view=90d; opened=2y; arrivals=30d; *=5y', or 'order=forever'.",
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

/** Names that mean something else than an event type; events of such a type fall under `*`. */
const isReserved = (name: string) => name === 'arrivals' || name === 'audit';

/** A period for people: '2 years', '90 days', 'for ever'. */
export function inWords(ms: number | undefined): string {
  if (ms === undefined) return 'for ever';
  const days = Math.round(ms / DAY);
  if (days % 365 === 0) return days === 365 ? '1 year' : `${days / 365} years`;
  return days === 1 ? '1 day' : `${days} days`;
}
