import { isHeldOut, variantFor } from './allotment.ts';
import { gather, type LetterData, type Letterpress } from './assembly.ts';
import type { Candidate, Customer, Customers } from './customers.ts';
import type { PlanFacts, Recipient } from './eligibility.ts';
import type { PlannedVariant, RunPlan } from './run-plan.ts';

/** What is known of a profile before anybody looks at the slots that it has taken. */
export type Surveyed = Omit<PlanFacts, 'taken'>;

/** What surveying reads. */
export interface SurveyDeps {
  readonly customers: Customers;
  readonly data: LetterData;
  press(sourceHash: string): Promise<Letterpress>;
}

/** Looks up what decides on the letters of a run to the given profiles; ascending by their ids. */
export async function survey(
  deps: SurveyDeps,
  plan: RunPlan,
  profileIds: readonly number[],
): Promise<Surveyed[]> {
  const candidates = await deps.customers.candidates(profileIds, plan.topic);
  const drawn = candidates.map((candidate) => drawnOf(candidate, plan));
  const missing = new Map<number, string>();
  for (const variant of plan.variants) {
    const readers = drawn.flatMap((one) => (one.variant === variant && one.isToGo ? [one.customer] : []));
    for (const [id, name] of await lacking(deps, variant, readers, plan)) missing.set(id, name);
  }
  return drawn.map(({ customer, variant, consents, suppressed, heldOut }) => ({
    recipient: recipientOf(customer),
    variant,
    consents,
    suppressed,
    heldOut,
    missing: missing.get(customer.id),
  }));
}

function drawnOf(candidate: Candidate, { campaign, holdout, variants }: RunPlan) {
  const { customer, consents, suppressed } = candidate;
  const variant = variantFor(campaign, customer.id, variants);
  const heldOut = isHeldOut(campaign, customer.id, holdout);
  // What the letters of others would lack is no reason for anything.
  const isToGo = customer.email !== undefined && consents && suppressed === undefined && !heldOut;
  return { ...candidate, variant, heldOut, isToGo };
}

function recipientOf({ id, email, frequency, quietHours, timeZone, pausedUntil }: Customer): Recipient {
  return { id, hasAddress: email !== undefined, frequency, quietHours, timeZone, pausedUntil };
}

async function lacking(
  deps: SurveyDeps,
  variant: PlannedVariant,
  readers: readonly Customer[],
  plan: RunPlan,
): Promise<Map<number, string>> {
  const missing = new Map<number, string>();
  if (readers.length === 0) return missing;
  const press = await deps.press(variant.sourceHash);
  const contextOf = await gather(deps.data, press, readers, plan.settings, plan.asOf);
  for (const reader of readers) {
    const name = press.program.missing(contextOf(reader));
    if (name !== undefined) missing.set(reader.id, name);
  }
  return missing;
}
