import { z } from 'zod';
import type { Cells } from './cells.ts';

const runId = z.int().positive();

/** The payload of each queue's jobs: ids only, never personal data. Nothing else is let in. */
export const payloadSchemas = {
  plan: z.strictObject({ runId }),
  send: z.strictObject({ runId }),
  record: z.strictObject({}),
  sweep: z.strictObject({}),
  follow: z.strictObject({}),
} as const;

/** The queues, and what a job of each carries. */
export type JobPayloads = { [N in keyof typeof payloadSchemas]: z.output<(typeof payloadSchemas)[N]> };

/** The name of a queue. */
export type QueueName = keyof JobPayloads;

/** Every queue's name. */
export const queueNames: readonly QueueName[] = ['plan', 'send', 'record', 'sweep', 'follow'];

/** The queues whose jobs carry nothing, so that a clock can make them. */
export type ScheduledName = {
  [N in QueueName]: Record<string, never> extends JobPayloads[N] ? N : never;
}[QueueName];

/** A wake-up to be added. */
export interface NewJob<N extends QueueName> {
  readonly payload: JobPayloads[N];
  /**
   * A job whose key another job of the queue has, one that is waiting, delayed or to be retried, is not added,
   * however soon it would be due. While the job with that key runs, one more is kept until it is done.
   */
  readonly key?: string;
  /** Milliseconds until the job may run; at once when absent. */
  readonly delayMs?: number;
}

/** Does the work of one job. It may run twice for one job, so it must be idempotent. */
export type JobHandler<N extends QueueName> = (payload: JobPayloads[N], signal: AbortSignal) => Promise<void>;

/** How many jobs a queue holds, by state. `waiting` includes those that wait because the queue is paused. */
export interface JobCounts {
  readonly waiting: number;
  readonly delayed: number;
  readonly active: number;
  readonly failed: number;
}

/**
 * Wake-ups, never truth: a job may get lost or run twice, and the ledger must not care.
 * Every operation fails with DearError `queue.unreachable` when the server does not answer in time,
 * and with `queue.closed` once `close` was called.
 */
export interface Queues {
  /** Cells beside the jobs; undefined where the database is the better place. */
  readonly cells: Cells | undefined;
  /**
   * Adds jobs in one round trip.
   * @throws DearError `queue.payload` when a payload is not what its queue carries; then none is added.
   */
  add<N extends QueueName>(name: N, jobs: readonly NewJob<N>[]): Promise<void>;
  /**
   * Takes jobs in this process, `concurrency` at a time (default 1). A handler that throws is tried again with
   * growing pauses, then given up. `signal` aborts when shutdown begins: finish what is in flight, start nothing.
   */
  process<N extends QueueName>(
    name: N,
    handler: JobHandler<N>,
    options?: { readonly concurrency?: number },
  ): Promise<void>;
  /** Makes one job every `everyMs` milliseconds, however many processes ask for it. The last interval asked for holds. */
  schedule(name: ScheduledName, everyMs: number): Promise<void>;
  /** No process takes a job of this queue until `resume`; those in flight finish. */
  pause(name: QueueName): Promise<void>;
  resume(name: QueueName): Promise<void>;
  counts(name: QueueName): Promise<JobCounts>;
  /** Takes no more jobs, waits until those in flight are done, then disconnects. May be called again. */
  close(): Promise<void>;
}
