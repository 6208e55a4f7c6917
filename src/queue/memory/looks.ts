import type { JobType } from 'bullmq';
import type { HeldJob, MemoryQueue, Place } from './state.ts';

/** How many jobs there are of a type. Jobs of a paused queue wait. */
export function countOf(queue: MemoryQueue, type: JobType): number {
  const place = placeOf(type);
  return place === undefined ? 0 : queue[place].size;
}

/**
 * The ids of jobs of a type, from the `start`th to the `end`th, the last one too (-1 for all that follow), counted
 * from the newest or, with `asc`, from the oldest. As BullMQ wants it, jobs that wait or run come newest first in any
 * case.
 */
export function listOf(
  queue: MemoryQueue,
  type: JobType,
  range: { readonly start: number; readonly end: number; readonly asc: boolean },
): [string] {
  const place = placeOf(type);
  const oldestFirst = place === undefined ? [] : jobsAt(queue, place).map(({ id }) => id);
  const ordered = range.asc ? oldestFirst : oldestFirst.toReversed();
  const page = ordered.slice(range.start, range.end === -1 ? undefined : range.end + 1);
  const turned = range.asc && (place === 'waiting' || place === 'active');
  // BullMQ's type speaks of one id, where it means any number.
  return (turned ? page.toReversed() : page) as [string];
}

function jobsAt(queue: MemoryQueue, place: Place): HeldJob[] {
  return place === 'delayed' ? queue.delayed.sorted() : [...queue[place]];
}

function placeOf(type: JobType): Place | undefined {
  if (type === 'wait') return 'waiting';
  // No job here has a priority, children, or a rule of the kind that BullMQ had before schedules.
  return type === 'prioritized' || type === 'waiting-children' || type === 'repeat' ? undefined : type;
}
