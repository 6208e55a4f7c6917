import { DearError } from '../errors.ts';
import { wireDomain } from './address.ts';

export const DAY_MS = 86_400_000;

/** How many letters a new sender domain may send on each day from `start` (midnight UTC, ms); after that, all. */
export interface WarmUp {
  readonly start: number;
  readonly days: readonly number[];
}

/**
 * Reads WARM_UP: `shop.example from 2026-11-20: 50, 100, 500`, several domains separated by semicolons.
 * @returns the warm-ups by sender domain
 * @throws DearError `warm-up.invalid`, kind usage.
 */
export function parseWarmUps(text: string | undefined): ReadonlyMap<string, WarmUp> {
  const warmUps = new Map<string, WarmUp>();
  for (const entry of (text ?? '').split(/[;\n]/)) {
    if (entry.trim() === '') continue;
    const [, name = '', date = '', numbers = ''] =
      /^\s*(\S+)\s+from\s+(\d{4}-\d{2}-\d{2})\s*:([\d,\s]+)$/.exec(entry) ?? [];
    const domain = wireDomain(name.toLowerCase());
    const start = Date.parse(`${date}T00:00:00Z`);
    const days = numbers.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    const real = Number.isFinite(start) && new Date(start).toISOString().startsWith(date);
    if (domain === undefined || !real || !days.every((day) => Number.isInteger(day) && day > 0))
      throw wrong(`'${entry.trim().slice(0, 80)}' is no warm-up`);
    if (warmUps.has(domain)) throw wrong(`'${domain}' is named twice`);
    warmUps.set(domain, { start, days });
  }
  return warmUps;
}

/** The day (UTC) of a moment and its limit: none before the first day, no limit after the last. */
export function dayOf(warmUp: WarmUp, now: number): { start: number; limit: number } {
  const start = Math.floor(now / DAY_MS) * DAY_MS;
  const index = (start - warmUp.start) / DAY_MS;
  return { start, limit: index < 0 ? 0 : (warmUp.days[index] ?? Number.POSITIVE_INFINITY) };
}

function wrong(what: string): DearError {
  return new DearError('warm-up.invalid', `WARM_UP cannot be used: ${what}.`, {
    kind: 'usage',
    mend: 'It looks like `shop.example from 2026-11-20: 50, 100, 500`: letters a day from that day on, all after it.',
  });
}
