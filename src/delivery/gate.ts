import { grouped } from '../grouped.ts';
import type { Frequency } from '../profiles/preferences.ts';
import { persist } from './persist.ts';
import type { ClaimRequest, SendLedger, Settlement, Verdict } from './port.ts';

const LARGEST_GROUP = 64;

type Step = { readonly settlement: Settlement } | { readonly request: ClaimRequest };

/** Where letters of all jobs of a process pass: claims on the way out, outcomes on the way back. */
export interface Gate {
  claim(request: ClaimRequest): Promise<Verdict>;
  /** Resolves when it is stored; tries for a while when the database is away, since outcomes must not be lost. */
  settle(settlement: Settlement): Promise<void>;
  close(): Promise<void>;
}

/**
 * Claims and outcomes share one group commit, so that a connection that has finished one letter and asks for the
 * next costs one write to disk together with all others that do so in the same moment.
 * @param fallback the limit of customers who chose none
 * @param persistMs how long an outcome is tried to be stored; after its lease nobody could tell any more
 */
export function makeGate(ledger: SendLedger, fallback: Frequency | undefined, persistMs: number): Gate {
  const group = grouped<Step, Verdict | undefined>(
    { maxItems: LARGEST_GROUP, maxWaitMs: 1 },
    async (steps) => {
      const settlements = steps.flatMap((step) => ('settlement' in step ? [step.settlement] : []));
      const requests = steps.flatMap((step) => ('request' in step ? [step.request] : []));
      const verdicts = (await ledger.advance(settlements, requests, fallback)).values();
      return steps.map((step) => ('request' in step ? verdicts.next().value : undefined));
    },
  );
  return {
    claim: async (request) => (await group.add({ request })) ?? 'lost',
    settle: async (settlement) => {
      await persist(() => group.add({ settlement }), persistMs);
    },
    close: () => group.close(),
  };
}
