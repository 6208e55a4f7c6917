import type { Rule } from '../segments/rule.ts';
import { variantFor } from './allotment.ts';
import { assemble, type LetterData, type Letterpress } from './assembly.ts';
import type { Customer, Customers } from './customers.ts';
import { decideSend, type PlanFacts } from './eligibility.ts';
import type { PlanHold, PlannedSend, RunStore, TakenSlots } from './port.ts';
import type { PlannedVariant } from './run-plan.ts';

const HOLD_MS = 30_000;

/** What planning reads and writes. */
export interface PlannerDeps {
  readonly runs: RunStore;
  readonly customers: Customers;
  readonly data: LetterData;
  /** The audience's profile ids above `afterId`, ascending, in chunks of one snapshot. */
  members(rule: Rule, asOf: number, afterId: number): AsyncIterable<number[]>;
  press(sourceHash: string): Promise<Letterpress>;
  clock(): number;
}

/** How far a plan came. `complete` is false when the signal or another planner ended it early. */
export interface PlanProgress {
  readonly planned: number;
  readonly complete: boolean;
}

/**
 * Freezes a run's audience into the ledger: one send for every profile of the segment, in chunks, each in one
 * transaction. May be ended at any moment and goes on where it stopped; of two planners of one run only one writes.
 */
export async function planRun(
  deps: PlannerDeps,
  runId: number,
  options: { readonly signal?: AbortSignal; readonly onChunk?: (sends: readonly PlannedSend[]) => void } = {},
): Promise<PlanProgress> {
  const hold = await deps.runs.takePlanning(runId, HOLD_MS);
  if (hold === undefined) return { planned: 0, complete: false };
  let planned = 0;
  try {
    for await (const { ids, facts } of gathered(deps, hold)) {
      if (options.signal?.aborted) return { planned, complete: false };
      const sends = await planChunk(deps, hold, ids, facts);
      if (sends === undefined) return { planned, complete: false };
      planned += sends.length;
      options.onChunk?.(sends);
    }
    await deps.runs.endPlanning(hold);
    return { planned, complete: true };
  } finally {
    await deps.runs.releasePlanning(hold);
  }
}

type Facts = Omit<PlanFacts, 'taken'>;

/** The audience in chunks, with what is known of each profile; while one chunk is written the next is gathered. */
async function* gathered(
  deps: PlannerDeps,
  hold: PlanHold,
): AsyncGenerator<{ ids: number[]; facts: readonly Facts[] }> {
  const { segment, asOf } = hold.run.plan;
  let ahead: { ids: number[]; facts: Promise<readonly Facts[]> } | undefined;
  try {
    for await (const ids of deps.members(segment.rule as Rule, asOf, hold.plannedTo)) {
      const before = ahead;
      ahead = { ids, facts: gather(deps, hold, ids) };
      ahead.facts.catch(() => undefined); // Its failure is thrown when it is its turn.
      if (before !== undefined) yield { ids: before.ids, facts: await before.facts };
    }
    if (ahead !== undefined) yield { ids: ahead.ids, facts: await ahead.facts };
  } finally {
    await ahead?.facts.catch(() => undefined);
  }
}

async function planChunk(
  deps: PlannerDeps,
  hold: PlanHold,
  ids: readonly number[],
  facts: readonly Facts[],
): Promise<PlannedSend[] | undefined> {
  const terms = { ...hold.run.plan, validUntil: hold.run.validUntil };
  let sends: PlannedSend[] = [];
  const kept = await deps.runs.planChunk(hold, ids, HOLD_MS, (taken: TakenSlots) => {
    const now = deps.clock();
    sends = facts.map((fact) =>
      decideSend({ ...fact, taken: taken.get(fact.customer.id) ?? [] }, terms, now),
    );
    return sends;
  });
  return kept ? sends : undefined;
}

async function gather(deps: PlannerDeps, hold: PlanHold, ids: number[]): Promise<Facts[]> {
  const { plan } = hold.run;
  const customers = [...(await deps.customers.byIds(ids)).values()].sort((a, b) => a.id - b.id);
  const consenting = await deps.customers.consenting(ids, plan.topic);
  const suppressed = await deps.customers.suppressed(ids);
  const drawn = customers.map((customer) => ({
    customer,
    variant: variantFor(plan.campaign, customer.id, plan.variants),
    consents: consenting.has(customer.id),
    suppressed: suppressed.get(customer.id),
  }));
  const missing = new Map<number, string>();
  for (const variant of plan.variants) {
    const readers = drawn.filter((one) => one.variant === variant && one.consents).map((one) => one.customer);
    for (const [id, name] of await lacking(deps, variant, readers, plan)) missing.set(id, name);
  }
  return drawn.map((one) => ({ ...one, missing: missing.get(one.customer.id) }));
}

async function lacking(
  deps: PlannerDeps,
  variant: PlannedVariant,
  readers: readonly Customer[],
  plan: PlanHold['run']['plan'],
): Promise<Map<number, string>> {
  const missing = new Map<number, string>();
  if (readers.length === 0) return missing;
  const press = await deps.press(variant.sourceHash);
  const contexts = await assemble(deps.data, press, readers, plan.settings, plan.asOf);
  for (const [id, context] of contexts) {
    const name = press.program.missing(context);
    if (name !== undefined) missing.set(id, name);
  }
  return missing;
}
