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
  await wakePlanners(deps);
  await wakeSenders(deps);
  if ((await deps.arrivals()) > 0) await deps.queues.add('record', [{ payload: {}, key: 'record' }]);
}

type Waking = Pick<SweepDeps, 'ledger' | 'queues'>;

/** Has runs planned that nobody plans. */
export async function wakePlanners({ ledger, queues }: Waking): Promise<void> {
  const plans = await ledger.abandonedPlans();
  if (plans.length === 0) return;
  await queues.add(
    'plan',
    plans.map((runId) => ({ payload: { runId }, key: `plan-${runId}` })),
  );
}

/** Has letters sent that are due. */
export async function wakeSenders({ ledger, queues }: Waking): Promise<void> {
  const due = await ledger.due(BATCH_SIZE * MOST_JOBS_A_RUN);
  const sends = due.flatMap(({ runId, count }) =>
    Array.from({ length: Math.ceil(count / BATCH_SIZE) }, (_, index) => ({
      payload: { runId },
      key: `send-${runId}-${index}`,
    })),
  );
  if (sends.length > 0) await queues.add('send', sends);
}
