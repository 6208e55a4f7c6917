import type { RateState } from './permits.ts';
import { USUAL_CEILING } from './throttle-pace.ts';

/** A sentence for each destination that asked for fewer letters; `slowed` as Permits.slowed gives it. */
export function slowRemarks(slowed: ReadonlyMap<string, RateState>, now: number): string[] {
  return [...slowed].map(([key, { pace, pausedUntil }]) => {
    const who = key.startsWith('to ') ? key.slice('to '.length) : 'The SMTP server';
    const speed = `${inWords(pace ?? USUAL_CEILING)} at most for now, more as it accepts them`;
    if (pausedUntil <= now) return `${who} asked for fewer letters: it gets ${speed}.`;
    const end = new Date(pausedUntil).toISOString().slice(11, 19);
    return `${who} asked for fewer letters: it gets none until ${end} UTC, then ${speed}.`;
  });
}

function inWords(perSecond: number): string {
  const [count, unit] = perSecond >= 1 ? [perSecond, 'second'] : [perSecond * 60, 'minute'];
  return `${Number(count.toPrecision(2))} a ${unit}`;
}
