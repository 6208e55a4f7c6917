import type { RunState, SendState, SkipReason } from './reasons.ts';
import type { RunPlan } from './run-plan.ts';

export interface Run {
  readonly id: number;
  readonly campaign: string;
  readonly state: RunState;
  readonly reason: string | undefined;
  readonly plan: RunPlan;
  readonly createdAt: number;
  readonly validUntil: number;
  readonly finishedAt: number | undefined;
}

export interface NewRun {
  readonly plan: RunPlan;
  readonly createdAt: number;
  readonly validUntil: number;
  /** Letter sources that the ledger does not hold yet, by their hash. */
  readonly sources: ReadonlyMap<string, unknown>;
}

/** A planner's hold on a run: only the holder of the newest token may write plans. */
export interface PlanHold {
  readonly run: Run;
  readonly token: string;
  /** The highest profile id that is planned already. */
  readonly plannedTo: number;
}

/** A row of the ledger as planning writes it. */
export interface PlannedSend {
  readonly profileId: number;
  readonly state: 'queued' | 'skipped';
  readonly reason: SkipReason | undefined;
  readonly detail: string | undefined;
  readonly variant: PlannedSendVariant | undefined;
  readonly dueAt: number;
}

interface PlannedSendVariant {
  readonly name: string;
  readonly sourceHash: string;
}

/** When letters to a profile were claimed, or have their slot, ms. */
export type TakenSlots = ReadonlyMap<number, readonly number[]>;

/** Another text for those letters of a run that have not left yet. */
export interface NewText {
  /** The hash of what each variant's letters are written from, by its name. */
  readonly hashes: ReadonlyMap<string, string>;
  readonly settings: Readonly<Record<string, string>>;
  /** Letter sources, by their hash. */
  readonly sources: ReadonlyMap<string, unknown>;
}

/** A send that failed, with what speaks against another try whatever the server said of it. */
export interface FailedSend {
  readonly id: number;
  readonly reason: string | undefined;
  readonly code: number | undefined;
  readonly response: string;
  readonly obstacle: 'suppressed' | 'erased' | 'merged' | undefined;
}

/** Runs and their planning. */
export interface RunStore {
  create(run: NewRun): Promise<Run>;
  byId(id: number): Promise<Run | undefined>;
  /** The newest run of a campaign. */
  newest(campaign: string): Promise<Run | undefined>;
  list(): Promise<Run[]>;
  /** Takes the planning of a run that nobody plans; undefined when somebody does or it is planned. */
  takePlanning(runId: number, holdMs: number): Promise<PlanHold | undefined>;
  /**
   * Writes one chunk in one transaction: `decide` gets the slots that the chunk's profiles have taken, and the moment
   * by the database's clock (ms), and returns their sends. Returns false when the hold was lost, and then writes nothing.
   */
  planChunk(
    hold: PlanHold,
    profileIds: readonly number[],
    holdMs: number,
    decide: (taken: TakenSlots, now: number) => PlannedSend[],
  ): Promise<boolean>;
  /** planning → running. */
  endPlanning(hold: PlanHold): Promise<void>;
  /** Lets go of a hold so that another planner can go on at once. */
  releasePlanning(hold: PlanHold): Promise<void>;
  /** Guarded step of a run's state; false when the run was in none of the `from` states. */
  step(runId: number, from: readonly RunState[], to: RunState, reason?: string): Promise<boolean>;
  /** paused → running, or back to planning where the plan was not complete; false when it was not paused. */
  resume(runId: number): Promise<boolean>;
  /**
   * The same, and letters that wait, or are put off, have the given text from now on: what was written with the one
   * before, by whatever worker, can no longer be claimed. What left keeps its own.
   * @returns how many wait; undefined when the run was not paused, or is no longer worth sending
   * @throws DearError `campaign.variant-gone`, and then nothing has changed
   */
  resumeWith(runId: number, text: NewText): Promise<number | undefined>;
  /** Skips what a cancelled run has not claimed yet; returns how many. */
  skipOpen(runId: number, reason: SkipReason): Promise<number>;
  /**
   * A person's decision on sends whose answer never came: they count as accepted, or wait to be sent once more,
   * and a finished run then runs again; letters of erased people are not sent again. Returns how many.
   */
  resolveUnknown(runId: number, how: 'accept' | 'resend'): Promise<number>;
  /** The run's failed sends, in chunks of one snapshot. */
  failed(runId: number): AsyncIterable<FailedSend[]>;
  /**
   * A person's decision that failed sends wait to be sent once more, those of `ids` that are failed still; a finished
   * run then runs again. What else speaks against a letter is decided when it is claimed.
   * @param text another text, as `resumeWith` gives it
   * @returns how many; undefined when the run was cancelled or is no longer worth sending
   * @throws DearError `campaign.variant-gone`, and then nothing has changed
   */
  resend(runId: number, ids: readonly number[], text: NewText | undefined): Promise<number | undefined>;
  source(hash: string): Promise<unknown>;
}

/** A ledger row as the faces read it. */
export interface Send {
  readonly id: number;
  readonly runId: number;
  readonly profileId: number;
  readonly state: SendState;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly variant: string | undefined;
  readonly sourceHash: string | undefined;
  readonly dueAt: number;
  readonly plannedAt: number;
  readonly claimedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly attempts: number;
  readonly response: string | undefined;
  readonly openedAt: number | undefined;
  readonly clickedAt: number | undefined;
  readonly repliedAt: number | undefined;
  readonly unsubscribedAt: number | undefined;
  readonly decision: unknown;
}

export interface VariantCounts {
  readonly variant: string;
  readonly planned: number;
  readonly accepted: number;
  readonly opened: number;
  readonly clicked: number;
  readonly replied: number;
  readonly unsubscribed: number;
}

/** Reading the ledger for status, report and why. */
/** Letters of a run that failed, or are put off, for the same reason and with the same code. */
export interface RefusalCounts {
  readonly state: 'failed' | 'deferred';
  readonly reason: string | undefined;
  readonly count: number;
  /** What a server said to one of them; it may hold the reader's address. */
  readonly example: string | undefined;
}

export interface LedgerReader {
  send(id: number): Promise<Send | undefined>;
  sendOf(runId: number, profileId: number): Promise<Send | undefined>;
  /** Counts by state and, for skipped and failed, by reason. */
  counts(runId: number): Promise<{ state: SendState; reason: string | undefined; count: number }[]>;
  variants(runId: number): Promise<VariantCounts[]>;
  /** Why letters failed, or are put off: the most frequent answers of servers, at most `limit`. */
  refusals(runId: number, limit: number): Promise<RefusalCounts[]>;
  /** The earliest moment at which an open send is due, ms. */
  nextDue(runId: number): Promise<number | undefined>;
  /** How many sends of a run are due at `now` (ms) or in flight. */
  unsettled(runId: number, now: number): Promise<number>;
  /** The ids of a run's accepted sends, the first `limit`. */
  acceptedIds(runId: number, limit: number): Promise<number[]>;
}

/** Short texts about the state of the world that a person should see, such as a server that is down. */
export interface NoticeStore {
  set(key: string, text: string): Promise<void>;
  clear(key: string): Promise<void>;
  list(): Promise<{ key: string; text: string; since: number; at: number }[]>;
}
