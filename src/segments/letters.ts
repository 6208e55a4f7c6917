import { type AsOf, spanOf } from './moment.ts';
import type { LetterRule } from './rule.ts';

/** What became of a letter, as a rule asks for it; times in ms since 1970 UTC. */
export interface LetterDemand {
  readonly fate: LetterRule['letter'];
  readonly campaign: string | undefined;
  readonly variant: string | undefined;
  readonly from: number | undefined;
  readonly until: number;
}

export function letterDemandOf(rule: LetterRule, asOf: AsOf): LetterDemand {
  const { from, until } = spanOf(rule, asOf);
  return {
    fate: rule.letter,
    campaign: rule.campaign,
    variant: rule.variant,
    from: Number.isFinite(from) ? from : undefined,
    until: Math.min(until, asOf.now + 1),
  };
}

/** The events that show a fate: who clicks or answers has opened the letter, even if no picture was loaded. */
export const shownBy = {
  opened: ['opened', 'clicked', 'replied'],
  clicked: ['clicked'],
  replied: ['replied'],
} as const;

/** States of a send that count as sent: a letter whose answer never came is likely to have arrived. */
export const sentStates = ['accepted', 'unknown'] as const;
