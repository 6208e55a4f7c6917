import type { BackendClasses, IQueueBackend, Queue, QueueOptions, Worker, WorkerOptions } from 'bullmq';
import type { Cells } from './cells.ts';
import type { ConnectionLog } from './log.ts';

interface Errors {
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** What Dear uses of a BullMQ queue. */
export type JobQueue = Errors &
  Pick<
    Queue,
    | 'waitUntilReady'
    | 'addBulk'
    | 'upsertJobScheduler'
    | 'pause'
    | 'resume'
    | 'getJobCounts'
    | 'getCountsPerPriority'
    | 'getFailed'
    | 'close'
  >;

/** What Dear uses of a BullMQ worker. */
export type JobWorker = Errors &
  Pick<Worker, 'waitUntilReady' | 'close'> & {
    on(event: 'completed', listener: () => void): unknown;
    on(event: 'failed', listener: (job: TakenJob | undefined, error: Error) => void): unknown;
  };

/** What a processor gets to see of a job. */
export interface TakenJob {
  readonly id?: string | undefined;
  readonly data: unknown;
  readonly attemptsMade: number;
}

/** Does one job. */
export type Processor = (job: TakenJob) => Promise<void>;

/** How a backend's workers take jobs; the rest is the backend's own. */
export type WorkerSettings = Pick<
  WorkerOptions,
  'concurrency' | 'lockDuration' | 'stalledInterval' | 'maxStalledCount' | 'runRetryDelay'
>;

/** An open connection to the place that holds the jobs. Queues and workers share it and are closed before it. */
export interface Backend {
  /** Where the jobs are, as it may be shown. */
  readonly place: string;
  /** Takes the errors of every queue and worker. */
  readonly connection: ConnectionLog;
  queue(name: string, settings: Pick<QueueOptions, 'streams'>): JobQueue;
  worker(name: string, processor: Processor, settings: WorkerSettings): JobWorker;
  /** Runs `work` while no other process runs any by this. For what BullMQ does not do in one step here. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Cells beside the jobs, where the place is quicker at them than a database. */
  cells?(prefix: string): Cells;
  /** Disconnects at once; what still waits for an answer fails. */
  close(): Promise<void>;
}

/** A Backend out of BullMQ's classes over one kind of connection. */
export function makeBackend<B extends IQueueBackend, C>(options: {
  readonly place: string;
  readonly connection: ConnectionLog;
  readonly classes: BackendClasses<B, C>;
  /** For queues: commands fail soon when the server is away. */
  readonly producer: C;
  /** For workers: commands wait until the server is back. */
  readonly consumer: C;
  readonly skipVersionCheck?: boolean;
  readonly alone: Backend['alone'];
  readonly cells?: (prefix: string) => Cells;
  readonly close: Backend['close'];
}): Backend {
  const { place, connection, classes, producer, consumer, alone, close } = options;
  const skipVersionCheck = options.skipVersionCheck ?? false;
  return {
    place,
    connection,
    queue: (name, settings) =>
      new classes.Queue(name, { ...settings, connection: producer, skipVersionCheck }),
    worker: (name, processor, settings) =>
      new classes.Worker(name, processor, { ...settings, connection: consumer, skipVersionCheck }),
    alone,
    ...(options.cells && { cells: options.cells }),
    close,
  };
}
