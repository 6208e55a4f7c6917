import type { JobJson, JobsOptions } from 'bullmq';
import type { MemoryQueue } from './state.ts';
import { unsupported } from './unsupported.ts';

/** A job as BullMQ hands it over; an empty id asks for one. */
export interface Added {
  readonly job: JobJson;
  readonly jobId: string | undefined;
}

/**
 * Adds jobs, all or none; answers with their ids. A job whose id is taken is not added. A job whose key another one
 * has is not added either, but kept until that one is done if it is active; the last one that comes is kept.
 * @throws DearError `queue.unsupported` when a job has an option that is not understood here.
 */
export function addJobs(queue: MemoryQueue, entries: readonly Added[]): string[] {
  for (const { job } of entries) refuseUnsupported(job.opts);
  return entries.map(({ job, jobId }) => addJob(queue, job, jobId || queue.newId()));
}

/** Adds one job, as `addJobs` does. */
export function addJob(queue: MemoryQueue, json: JobJson, id: string): string {
  if (queue.jobs.has(id)) return id;
  const key = json.deduplicationId;
  const holder = key === undefined ? undefined : queue.keys.get(key);
  if (key === undefined || holder === undefined) {
    if (key !== undefined) queue.keys.set(key, id);
    queue.insert(id, json, json.opts.delay ?? 0);
    return id;
  }
  const isActive = queue.jobs.get(holder)?.place === 'active';
  if (isActive && json.opts.deduplication?.keepLastIfActive) queue.nexts.set(key, { id, json });
  return holder;
}

function refuseUnsupported(options: JobsOptions): void {
  const { deduplication } = options;
  const asked = {
    'priority of a job': options.priority,
    'order by the last job first': options.lifo,
    'parent of a job': options.parent,
    'deduplication for a time': deduplication?.ttl,
    'replacing deduplication': deduplication?.replace || deduplication?.reschedule || deduplication?.extend,
  };
  for (const [what, is] of Object.entries(asked)) if (is) throw unsupported(what);
}
