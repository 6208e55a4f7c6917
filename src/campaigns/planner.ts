import type { Rule } from '../segments/rule.ts';
import { decideSend } from './eligibility.ts';
import type { PlanHold, PlannedSend, Run, RunStore, TakenSlots } from './port.ts';
import type { Surveyed } from './survey.ts';

const HOLD_MS = 30_000;

/** What planning reads and writes. */
export interface PlannerDeps {
  readonly runs: RunStore;
  /** The audience's profile ids above `afterId`, ascending, in chunks of one snapshot. */
  members(rule: Rule, asOf: number, afterId: number): AsyncIterable<number[]>;
  /** What is known of the profiles, ascending by their ids; see survey.ts. */
  survey(run: Run, profileIds: readonly number[]): Promise<Surveyed[]>;
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
    for await (const { ids, facts } of surveyed(deps, hold)) {
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

/** The audience in chunks, with what is known of each profile; while one chunk is written the next is surveyed. */
async function* surveyed(
  deps: PlannerDeps,
  hold: PlanHold,
): AsyncGenerator<{ ids: number[]; facts: readonly Surveyed[] }> {
  const { segment, asOf } = hold.run.plan;
  let ahead: { ids: number[]; facts: Promise<readonly Surveyed[]> } | undefined;
  try {
    for await (const ids of deps.members(segment.rule as Rule, asOf, hold.plannedTo)) {
      const before = ahead;
      ahead = { ids, facts: deps.survey(hold.run, ids) };
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
  facts: readonly Surveyed[],
): Promise<PlannedSend[] | undefined> {
  const terms = { ...hold.run.plan, validUntil: hold.run.validUntil };
  let sends: PlannedSend[] = [];
  const kept = await deps.runs.planChunk(hold, ids, HOLD_MS, (taken: TakenSlots, now: number) => {
    sends = facts.map((fact) =>
      decideSend({ ...fact, taken: taken.get(fact.recipient.id) ?? [] }, terms, now),
    );
    return sends;
  });
  return kept ? sends : undefined;
}
