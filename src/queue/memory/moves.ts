import type { JobJson, KeepJobs } from 'bullmq';
import { addJob } from './adding.ts';
import { owned } from './locks.ts';
import { clock, type HeldJob, type MemoryQueue } from './state.ts';

/** What a worker gets: the job and its id, or nothing and the time to look again, in milliseconds since 1970. */
export type Taken = [job: JobJson | null, id: string, rateLimitedMs: number, lookAgainAt: number];

/** The job that a worker claims to hold. */
export interface Claim {
  readonly jobId: string | undefined;
  readonly token: string | undefined;
}

/** How many finished jobs are kept: none, some, or as BullMQ says it. */
export type Keep = boolean | number | KeepJobs | undefined;

/** What BullMQ wants to be remembered of a failure. */
export interface FailureNote {
  readonly failedReason?: unknown;
  readonly stacktrace?: unknown;
}

/** Hands the first job that waits to a worker, whose it stays for `lockMs` milliseconds unless that is extended. */
export function takeJob(
  queue: MemoryQueue,
  options: { readonly token: string; readonly lockMs: number; readonly worker: string | undefined },
): Taken {
  queue.promote();
  if (queue.paused) return [null, '', 0, 0];
  const job = queue.waiting.first;
  if (job === undefined) return [null, '', 0, nextDueAt(queue)];
  queue.move(job, 'active');
  job.lock = { token: options.token, until: clock() + options.lockMs, overdueSince: undefined };
  job.json.processedOn = Date.now();
  job.json.attemptsStarted += 1;
  if (options.worker !== undefined) job.json.processedBy = options.worker;
  return [{ ...job.json }, job.id, 0, 0];
}

/** Rounded up: who looks then finds it due. */
function nextDueAt(queue: MemoryQueue): number {
  const { first } = queue.delayed;
  return first === undefined ? 0 : Math.ceil(Date.now() + Math.max(0, first.due - clock()));
}

/** @returns when, in milliseconds since 1970. @throws LostJobError */
export function completeJob(queue: MemoryQueue, claim: Claim, value: unknown, keep: Keep): number {
  const job = owned(queue, claim.jobId, claim.token);
  job.json.returnvalue = JSON.stringify(value ?? null);
  return finish(queue, job, 'completed', keep);
}

/** Gives a job up. @returns when, in milliseconds since 1970. @throws LostJobError */
export function failJob(queue: MemoryQueue, claim: Claim, note: FailureNote, keep: Keep): number {
  const job = owned(queue, claim.jobId, claim.token);
  keepNote(job, note);
  delete job.json.deferredFailure;
  return finish(queue, job, 'failed', keep);
}

/** Lets a job that was taken run again in `delayMs` milliseconds, or at once. @throws LostJobError */
export function postponeJob(
  queue: MemoryQueue,
  claim: Claim,
  options: { readonly delayMs: number | undefined; readonly note: FailureNote; readonly counts: boolean },
): void {
  const job = owned(queue, claim.jobId, claim.token);
  keepNote(job, options.note);
  job.lock = undefined;
  if (options.counts) job.json.attemptsMade += 1;
  if (options.delayMs === undefined) queue.move(job, 'waiting');
  else queue.delay(job, options.delayMs);
}

function finish(queue: MemoryQueue, job: HeldJob, place: 'completed' | 'failed', keep: Keep): number {
  const finishedOn = Date.now();
  job.lock = undefined;
  job.json.attemptsMade += 1;
  job.json.finishedOn = finishedOn;
  const kept = bounds(keep);
  if (kept.count === 0) queue.remove(job);
  else {
    queue.move(job, place);
    dropSurplus(queue, place, kept, finishedOn);
  }
  freeKey(queue, job);
  return finishedOn;
}

/** The key of a job that is done is free, or belongs to the one that was kept for this moment. */
function freeKey(queue: MemoryQueue, job: HeldJob): void {
  const key = job.json.deduplicationId;
  if (key === undefined || queue.keys.get(key) !== job.id) return;
  const next = queue.nexts.get(key);
  queue.nexts.delete(key);
  queue.keys.delete(key);
  if (next !== undefined) addJob(queue, next.json, next.id);
}

function dropSurplus(
  queue: MemoryQueue,
  place: 'completed' | 'failed',
  kept: { readonly count: number; readonly ageMs: number },
  now: number,
): void {
  const line = queue[place];
  for (const job of line) {
    const isOld = (job.json.finishedOn ?? now) < now - kept.ageMs;
    if (line.size <= kept.count && !isOld) return;
    queue.remove(job);
  }
}

function bounds(keep: Keep): { count: number; ageMs: number } {
  const all = Number.POSITIVE_INFINITY;
  if (keep === true) return { count: 0, ageMs: all };
  if (typeof keep === 'number') return { count: keep, ageMs: all };
  if (typeof keep !== 'object') return { count: all, ageMs: all };
  const ageMs = 'age' in keep ? keep.age * 1000 : all;
  return { count: keep.count ?? all, ageMs };
}

function keepNote(job: HeldJob, { failedReason, stacktrace }: FailureNote): void {
  if (typeof failedReason === 'string') job.json.failedReason = failedReason;
  if (typeof stacktrace === 'string') job.json.stacktrace = stacktrace;
}
