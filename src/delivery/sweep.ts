import type { Queues } from '../queue/port.ts';
import type { SweepLedger } from './port.ts';
import { BATCH_SIZE } from './send-job.ts';

const MOST_JOBS_A_RUN = 20;

/** What sweeping needs. `arrivals` counts the arrivals that wait to be recorded. */
export interface SweepDeps {
  readonly ledger: SweepLedger;
  arrivals(): Promise<number>;
  readonly queues: Pick<Queues, 'add'>;
}

/**
 * Makes the queue agree with the ledger: ends what ran out, and wakes workers for whatever is due. Lost jobs are
 * harmless because of this, and a job too many finds nothing to do.
 */
export async function sweep(deps: SweepDeps): Promise<void> {
  await deps.ledger.expireClaims();
  await deps.ledger.expireRuns();
  await deps.ledger.endCancelled();
  await deps.ledger.finishRuns();
  const plans = await deps.ledger.abandonedPlans();
  if (plans.length > 0) {
    await deps.queues.add(
      'plan',
      plans.map((runId) => ({ payload: { runId }, key: `plan-${runId}` })),
    );
  }
  const due = await deps.ledger.due(BATCH_SIZE * MOST_JOBS_A_RUN);
  const sends = due.flatMap(({ runId, count }) =>
    Array.from({ length: Math.ceil(count / BATCH_SIZE) }, (_, index) => ({
      payload: { runId },
      key: `send-${runId}-${index}`,
    })),
  );
  if (sends.length > 0) await deps.queues.add('send', sends);
  if ((await deps.arrivals()) > 0) await deps.queues.add('record', [{ payload: {}, key: 'record' }]);
}
