import type { SkipReason } from '../campaigns/reasons.ts';
import type { Frequency } from '../profiles/preferences.ts';

/** A send that this worker holds for a while. */
export interface HeldSend {
  readonly id: number;
  readonly runId: number;
  readonly profileId: number;
  readonly variant: string;
  readonly attempts: number;
}

/** With the text that its letter has as its run stands: it may change while the send waits. */
export interface LeasedSend extends HeldSend {
  readonly sourceHash: string;
}

/** A batch of sends under one fencing token: every later write names it, and a write by an older one is lost. */
export interface Lease {
  readonly token: string;
  /** When it was taken by the database's clock, ms: workers' own may be wrong. */
  readonly at: number;
  readonly sends: readonly HeldSend[];
}

/** What a claim was answered: `go`, or why this letter must not leave now. */
export type Verdict =
  | 'go'
  | 'over frequency'
  | 'no consent'
  | 'suppressed'
  | 'paused by the customer'
  | 'not running'
  | 'expired'
  | 'slowed down'
  | 'lost';

export interface ClaimRequest {
  readonly id: number;
  readonly profileId: number;
  readonly token: string;
  /** JSON; stored with the claim, so that a letter that leaves has its decision. */
  readonly decision: string;
  /** The text that it was written from; stored with the decision, which means nothing without it. */
  readonly sourceHash: string;
}

/** What came of a claimed letter, as the ledger keeps it. */
export interface Settlement {
  readonly id: number;
  readonly token: string;
  readonly state: 'accepted' | 'deferred' | 'failed' | 'unknown';
  readonly reason: string | undefined;
  readonly code: number | undefined;
  readonly response: string;
  /** For `deferred`: how long to wait before the next attempt, ms. */
  readonly retryInMs: number;
  /**
   * Why the address that was written to must not be mailed again; it is suppressed in the same transaction. Its
   * profile may have another one by now.
   */
  readonly suppress: { readonly address: string; readonly reason: string } | undefined;
}

/** The ledger as a send worker needs it. Every write is guarded by state and fencing token. */
export interface SendLedger {
  /** Takes up to `limit` due sends of a run; an empty lease when there is none or the run does not run. */
  lease(runId: number, limit: number, leaseMs: number): Promise<Lease>;
  renew(lease: Lease, leaseMs: number): Promise<void>;
  /** Gives back what was not claimed. */
  release(lease: Lease): Promise<void>;
  /**
   * One transaction: what came of some letters (sending → final or deferred), then the claims of others
   * (queued|deferred → sending). Consent, suppression, frequency, pause and validity are decided here, for good, in
   * the statement that changes the state.
   * @returns the verdicts in the order of the requests
   */
  advance(
    settlements: readonly Settlement[],
    requests: readonly ClaimRequest[],
    fallback: Frequency | undefined,
  ): Promise<Verdict[]>;
  /** A held send that gets no letter. */
  skip(token: string, id: number, reason: SkipReason, detail: string | undefined): Promise<void>;
  /** Held sends that wait for a later moment (ms), in one transaction. */
  postpone(token: string, waits: readonly { id: number; dueAt: number }[]): Promise<void>;
  /** The slots that other letters to this profile have taken, and the moment by the database's clock, ms. */
  takenSlots(
    profileId: number,
    runId: number,
    butSend: number,
  ): Promise<{ readonly slots: readonly number[]; readonly now: number }>;
}

/** The ledger as the sweeper needs it. */
export interface SweepLedger {
  /** `sending` under a lease that ran out: nobody knows whether the letter left. Returns how many. */
  expireClaims(): Promise<number>;
  /** Ends waiting sends whose run is no longer worth sending. Returns how many. */
  expireRuns(): Promise<number>;
  /** Ends letters that were on their way when their run was cancelled, and were put off. Returns how many. */
  endCancelled(): Promise<number>;
  /** Running runs whose every send is final → finished. Returns how many. */
  finishRuns(): Promise<number>;
  /** Runs that nobody plans although they are not planned. */
  abandonedPlans(): Promise<number[]>;
  /** Running runs with due sends, and how many are due, counted up to `most`. */
  due(most: number): Promise<{ runId: number; count: number }[]>;
}
