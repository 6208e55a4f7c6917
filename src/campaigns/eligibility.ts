import type { Frequency } from '../profiles/preferences.ts';
import type { Customer } from './customers.ts';
import { nextFreeSlot } from './frequency.ts';
import type { PlannedSend } from './port.ts';
import { afterQuietHours } from './quiet-hours.ts';
import type { SkipReason } from './reasons.ts';
import type { PlannedVariant, RunPlan } from './run-plan.ts';

/** What of a customer decides when a letter may leave. */
type Wishes = Pick<Customer, 'frequency' | 'quietHours' | 'timeZone' | 'pausedUntil'>;

/** A customer as planning sees one. */
export interface Recipient extends Wishes {
  readonly id: number;
  readonly hasAddress: boolean;
}

/** All that is known about one profile in the moment of planning. */
export interface PlanFacts {
  readonly recipient: Recipient;
  readonly variant: PlannedVariant;
  readonly consents: boolean;
  readonly suppressed: string | undefined;
  readonly heldOut: boolean;
  /** The value that the letter lacks, if any. */
  readonly missing: string | undefined;
  readonly taken: readonly number[];
}

/** The run's terms that decide when a letter may leave. */
export type Terms = Pick<RunPlan, 'important' | 'quietHours' | 'frequency' | 'timeZone'> & {
  readonly validUntil: number;
};

/**
 * Decides one send of a run: queued with its due time, or skipped with the reason.
 * Holding out comes after consent, so that letters and holdout are drawn from the same people.
 */
export function decideSend(facts: PlanFacts, terms: Terms, now: number): PlannedSend {
  const { recipient, variant } = facts;
  const skip = (reason: SkipReason, detail?: string): PlannedSend => ({
    profileId: recipient.id,
    state: 'skipped',
    reason,
    detail,
    variant: undefined,
    dueAt: now,
  });
  if (!recipient.hasAddress) return skip('no address');
  if (facts.suppressed !== undefined) return skip('suppressed', facts.suppressed);
  if (!facts.consents) return skip('no consent');
  if (facts.heldOut) return skip('holdout');
  if (facts.missing !== undefined) return skip('data missing', facts.missing);
  const slot = slotFor(recipient, facts.taken, terms, now);
  if (typeof slot === 'string') return skip(slot);
  return {
    profileId: recipient.id,
    state: 'queued',
    reason: undefined,
    detail: undefined,
    variant,
    dueAt: slot,
  };
}

/**
 * When this customer's next letter may leave: whether they want one of this importance, their own limit, quiet hours in their time zone, their pause.
 * @returns ms since 1970, or why there is no such moment as long as the campaign is worth sending
 */
export function slotFor(
  customer: Wishes,
  taken: readonly number[],
  terms: Terms,
  now: number,
): number | SkipReason {
  if (customer.frequency?.importantOnly && !terms.important) return 'only important letters';
  const quiet = customer.quietHours ?? terms.quietHours;
  const allowed = (at: number) => afterQuietHours(at, quiet, customer.timeZone ?? terms.timeZone);
  const from = Math.max(now, customer.pausedUntil ?? 0);
  if (from > terms.validUntil) return 'paused by the customer';
  const limit: Frequency | undefined = customer.frequency ?? terms.frequency;
  const slot = nextFreeSlot(taken, limit, from, allowed, terms.validUntil);
  if (slot !== undefined) return slot;
  return nextFreeSlot([], undefined, from, allowed, terms.validUntil) === undefined
    ? 'no longer worth sending'
    : 'over frequency';
}
