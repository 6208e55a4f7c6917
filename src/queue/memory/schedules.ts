import type { JobJson, JobsOptions, RepeatableOptions } from 'bullmq';
import type { MemoryQueue, Schedule } from './state.ts';
import { unsupported } from './unsupported.ts';

/** One job of a schedule, and the milliseconds until it is due. */
export type Scheduled = [jobId: string, delayMs: number];

/**
 * Makes a schedule, or changes it: its next job, unless a worker has it already, gives way to a new one, which is
 * due when that was if the interval is the same, or else at once.
 * @throws DearError `queue.unsupported` for anything but an interval.
 */
export function putSchedule(
  queue: MemoryQueue,
  id: string,
  wanted: { readonly repeat: RepeatableOptions; readonly data: string; readonly options: JobsOptions },
): Scheduled {
  const everyMs = intervalOf(wanted.repeat);
  const now = Date.now();
  const before = queue.schedules.get(id);
  const replaced = before !== undefined && withdraw(queue, jobId(id, before.next));
  const keepsPace = before !== undefined && before.everyMs === everyMs;
  const next = keepsPace ? (replaced ? before.next : following(before, now)) : now;
  const schedule = {
    name: wanted.repeat.name,
    data: wanted.data,
    everyMs,
    next: atMost(next, now + everyMs),
  };
  queue.schedules.set(id, schedule);
  return addScheduled(queue, id, schedule, wanted.options);
}

/**
 * Adds the job after `producerId`, which a worker has just taken.
 * @returns its id, or null when the schedule is gone or has gone on without that job.
 */
export function continueSchedule(
  queue: MemoryQueue,
  id: string,
  producerId: string | undefined,
  options: JobsOptions,
): string | null {
  const schedule = queue.schedules.get(id);
  if (schedule === undefined || producerId !== jobId(id, schedule.next)) return null;
  const now = Date.now();
  schedule.next = atMost(following(schedule, now), now + schedule.everyMs);
  return addScheduled(queue, id, schedule, options)[0];
}

function addScheduled(queue: MemoryQueue, id: string, schedule: Schedule, options: JobsOptions): Scheduled {
  // A job that was made by this schedule and given up, say, may still have the id.
  while (queue.jobs.has(jobId(id, schedule.next))) schedule.next += schedule.everyMs;
  const newId = jobId(id, schedule.next);
  const delayMs = Math.max(0, schedule.next - Date.now());
  const json: JobJson = {
    id: newId,
    name: schedule.name,
    data: schedule.data,
    opts: { ...options, jobId: newId, delay: delayMs },
    repeatJobKey: id,
    timestamp: Date.now(),
    ...{ progress: 0, attemptsMade: 0, attemptsStarted: 0, stalledCounter: 0 },
    ...{ failedReason: '', returnvalue: 'null' },
  };
  queue.insert(newId, json, delayMs);
  return [newId, delayMs];
}

/** The next time after `schedule.next`; times that were missed are left out. */
function following({ next, everyMs }: Schedule, now: number): number {
  const regular = next + everyMs;
  return regular < now ? Math.floor(now / everyMs) * everyMs + everyMs : regular;
}

/** When the clock was set back, what is due next lies too far ahead. */
function atMost(next: number, limit: number): number {
  return Math.min(next, limit);
}

/** Removes a job that no worker has. */
function withdraw(queue: MemoryQueue, id: string): boolean {
  const job = queue.jobs.get(id);
  if (job === undefined || (job.place !== 'waiting' && job.place !== 'delayed')) return false;
  queue.remove(job);
  return true;
}

function intervalOf(repeat: RepeatableOptions): number {
  const { every, pattern, offset, startDate, endDate, limit } = repeat;
  if (every === undefined || pattern || offset || startDate || endDate || limit)
    throw unsupported('schedule but by an interval alone');
  return every;
}

function jobId(schedule: string, time: number): string {
  return `repeat:${schedule}:${time}`;
}
