import type { JobJson, JobsOptions } from 'bullmq';
import { MemoryQueueBackend } from '../../../src/queue/memory/backend.ts';
import { MemorySpace } from '../../../src/queue/memory/state.ts';

/** A job as BullMQ's Queue hands it to a backend. */
export function jobJson(number: number, opts: JobsOptions = {}): JobJson {
  return {
    id: '',
    name: 'plan',
    data: JSON.stringify({ runId: number }),
    opts: { attempts: 5, ...opts },
    timestamp: Date.now(),
    ...(opts.deduplication === undefined ? {} : { deduplicationId: opts.deduplication.id }),
    ...{ progress: 0, attemptsMade: 0, attemptsStarted: 0, stalledCounter: 0 },
    ...{ failedReason: '', returnvalue: 'null' },
  };
}

/** A queue in memory, and a backend on it as a worker would have it. */
export function memoryQueue(options: ConstructorParameters<typeof MemoryQueueBackend>[1] = {}) {
  const space = new MemorySpace();
  const queue = space.queue('plan');
  const backend = new MemoryQueueBackend(queue, { lockDuration: 1000, ...options });
  const add = (jobs: readonly JobJson[]) => backend.addJobs(jobs.map((job) => ({ job, jobId: '' })));
  return { space, queue, backend, add };
}

/** How much is in each place, and how much is remembered besides. */
export function sizes(queue: ReturnType<typeof memoryQueue>['queue']) {
  return {
    jobs: queue.jobs.size,
    places: [queue.waiting, queue.delayed, queue.active, queue.completed, queue.failed].map(
      ({ size }) => size,
    ),
    keys: queue.keys.size,
    nexts: queue.nexts.size,
  };
}
