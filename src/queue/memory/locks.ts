import { ErrorCode } from 'bullmq';
import { clock, type HeldJob, type MemoryQueue } from './state.ts';

/** What a worker gets told when it claims a job that is no longer its own; BullMQ reads the code. */
class LostJobError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'LostJobError';
    this.code = code;
  }
}

/**
 * The active job that `token` took. A lock that has run out still holds as long as nobody has taken the job back.
 * @throws LostJobError
 */
export function owned(queue: MemoryQueue, jobId: string | undefined, token: string | undefined): HeldJob {
  const job = queue.jobs.get(jobId ?? '');
  if (job === undefined) throw new LostJobError(ErrorCode.JobNotExist, `The job ${jobId} is gone.`);
  if (job.lock === undefined)
    throw new LostJobError(ErrorCode.JobLockNotExist, `The job ${jobId} was taken back.`);
  if (job.lock.token !== token)
    throw new LostJobError(ErrorCode.JobLockMismatch, `The job ${jobId} is another worker's.`);
  return job;
}

/** Answers whether the job still was its worker's. */
export function extendLock(queue: MemoryQueue, jobId: string, token: string, ms: number): boolean {
  const lock = queue.jobs.get(jobId)?.lock;
  if (lock?.token !== token) return false;
  lock.until = clock() + ms;
  lock.overdueSince = undefined;
  return true;
}

/**
 * Takes jobs back from workers that give no sign of life: their lock ran out, and was found so twice, at least half
 * of `betweenMs` apart. When the process stood still, so that nobody could give a sign, that is time to do so.
 * A job that was taken back more than `maximum` times fails when it is taken next, unless a schedule made it.
 * @returns their ids.
 */
export function takeBack(queue: MemoryQueue, maximum: number, betweenMs: number): string[] {
  const now = clock();
  const taken: string[] = [];
  for (const job of queue.active) {
    const { lock } = job;
    if (lock === undefined || lock.until > now) continue;
    lock.overdueSince ??= now;
    if (lock.overdueSince > now - betweenMs / 2) continue;
    job.lock = undefined;
    job.json.stalledCounter += 1;
    const isScheduled = queue.schedules.has(job.json.repeatJobKey ?? '');
    if (job.json.stalledCounter > maximum && !isScheduled)
      job.json.deferredFailure = 'job stalled more than allowable limit';
    queue.moveToFront(job);
    taken.push(job.id);
  }
  return taken;
}
