import { type JobsOptions, UnrecoverableError } from 'bullmq';
import { DearError, messageOf } from '../errors.ts';
import type { Backend, JobQueue, JobWorker, TakenJob } from './backend.ts';
import type { Cells } from './cells.ts';
import { isConnectionError, type Log } from './log.ts';
import {
  type JobCounts,
  type JobHandler,
  type JobPayloads,
  type NewJob,
  payloadSchemas,
  type QueueName,
  type Queues,
  queueNames,
  type ScheduledName,
} from './port.ts';
import type { Timing } from './timing.ts';
import { unreachable } from './unreachable.ts';
import { within } from './within.ts';

const attempts = 5;

/** A job that is done leaves no trace, one that was given up is kept for a look, within bounds. */
const jobDefaults = {
  removeOnComplete: true,
  removeOnFail: { age: 7 * 24 * 3600, count: 1000 },
  stackTraceLimit: 1,
} satisfies JobsOptions;

/** BullMQ's events are for onlookers, of which Dear has none. */
const streams = { events: { maxLen: 100 } };

/** Dear's queues over an open backend, which they own from then on. */
export class BullQueues implements Queues {
  readonly cells: Cells | undefined;
  readonly #backend: Backend;
  readonly #log: Log;
  readonly #prefix: string;
  readonly #timing: Timing;
  readonly #queues: ReadonlyMap<QueueName, JobQueue>;
  readonly #workers: JobWorker[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #shutdown = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(backend: Backend, options: { log: Log; prefix: string; timing: Timing }) {
    this.#backend = backend;
    this.cells = backend.cells?.(options.prefix);
    this.#log = options.log;
    this.#prefix = options.prefix;
    this.#timing = options.timing;
    // All at once, since a queue that is made while the server is away never recovers.
    this.#queues = new Map(queueNames.map((name) => [name, this.#makeQueue(name)]));
  }

  async ready(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => this.#inTime(queue.waitUntilReady())));
  }

  async add<N extends QueueName>(name: N, jobs: readonly NewJob<N>[]): Promise<void> {
    const bulk = jobs.map((job) => ({ name, data: payloadOf(name, job.payload), opts: this.#options(job) }));
    if (bulk.length > 0) await this.#operate(name, (queue) => queue.addBulk(bulk));
  }

  async process<N extends QueueName>(
    name: N,
    handler: JobHandler<N>,
    options: { readonly concurrency?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosing();
    const { lockMs, stalledCheckMs, reconnectMs } = this.#timing;
    const worker = this.#backend.worker(this.#fullName(name), (job) => this.#take(name, job, handler), {
      concurrency: options.concurrency ?? 1,
      lockDuration: lockMs,
      stalledInterval: stalledCheckMs,
      maxStalledCount: attempts,
      runRetryDelay: reconnectMs,
    });
    this.#workers.push(worker);
    worker.on('error', (error) => this.#backend.connection.error(error));
    worker.on('completed', () => this.#backend.connection.connected());
    worker.on('failed', (job, error) => this.#failed(name, job, error));
    await this.#inTime(worker.waitUntilReady());
  }

  async schedule(name: ScheduledName, everyMs: number): Promise<void> {
    const template = { name, data: {}, opts: jobDefaults };
    await this.#operate(name, (queue) =>
      this.#backend.alone(() => queue.upsertJobScheduler(name, { every: everyMs }, template)),
    );
  }

  async pause(name: QueueName): Promise<void> {
    await this.#operate(name, (queue) => queue.pause());
  }

  async resume(name: QueueName): Promise<void> {
    await this.#operate(name, (queue) => queue.resume());
  }

  async counts(name: QueueName): Promise<JobCounts> {
    // BullMQ's count of waiting jobs leaves those of a paused queue out on Postgres; its count by priority does not.
    return this.#operate(name, async (queue) => {
      const [counts, waiting] = await Promise.all([
        queue.getJobCounts('delayed', 'active', 'failed'),
        queue.getCountsPerPriority([0]),
      ]);
      const { delayed = 0, active = 0, failed = 0 } = counts;
      return { waiting: waiting[0] ?? 0, delayed, active, failed };
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    let told = false;
    const telling = Promise.allSettled(this.#workers.map((worker) => worker.close()))
      .then(() => Promise.allSettled([...this.#queues.values()].map((queue) => queue.close())))
      .then(() => {
        told = true;
      });
    this.#shutdown.abort();
    // Away, the server cannot be told that a job is done: the worker's lock on it runs out, and another takes it.
    const late = () => new Error('The connection is closed before the queue was told of the last jobs.');
    do {
      await Promise.allSettled(this.#running);
      await within(this.#timing.closeMs, telling, late).catch((error) =>
        this.#backend.connection.error(error),
      );
    } while (!told && this.#running.size > 0);
    this.#backend.connection.close();
    await this.#backend.close();
  }

  #makeQueue(name: QueueName): JobQueue {
    const queue = this.#backend.queue(this.#fullName(name), { streams });
    queue.on('error', (error) => this.#backend.connection.error(error));
    return queue;
  }

  #fullName(name: QueueName): string {
    return `${this.#prefix}-${name}`;
  }

  #options(job: NewJob<QueueName>): JobsOptions {
    const backoff = { type: 'exponential', delay: this.#timing.backoffMs, jitter: 0.5 };
    const { key, delayMs } = job;
    return {
      ...jobDefaults,
      attempts,
      backoff,
      ...(delayMs === undefined ? {} : { delay: Math.max(0, Math.round(delayMs)) }),
      ...(key === undefined ? {} : { deduplication: { id: key, keepLastIfActive: true } }),
    };
  }

  /** One job, from what the queue holds to the handler. */
  async #take<N extends QueueName>(name: N, job: TakenJob, handler: JobHandler<N>): Promise<void> {
    const payload = takenPayload(name, job);
    const run = (async () => handler(payload, this.#shutdown.signal))();
    this.#running.add(run);
    try {
      await run;
    } catch (error) {
      const details = { queue: name, job: job.id, attempt: job.attemptsMade + 1, error: messageOf(error) };
      this.#log.warn(details, 'A job failed.');
      // What is thrown here is kept in the queue: a code only, since a message may name a customer.
      throw new Error(error instanceof DearError ? error.code : 'failed');
    } finally {
      this.#running.delete(run);
    }
  }

  #failed(name: QueueName, job: TakenJob | undefined, error: Error): void {
    const givenUp = error instanceof UnrecoverableError || (job?.attemptsMade ?? attempts) >= attempts;
    if (givenUp) this.#log.error({ queue: name, job: job?.id, reason: error.message }, 'A job was given up.');
  }

  async #operate<T>(name: QueueName, work: (queue: JobQueue) => Promise<T>): Promise<T> {
    this.#refuseWhenClosing();
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new DearError('queue.unknown', `There is no queue called ${name}.`);
    return this.#inTime(work(queue));
  }

  async #inTime<T>(work: Promise<T>): Promise<T> {
    const ms = this.#timing.operationMs;
    const late = () => unreachable(this.#backend.place, `no answer within ${ms / 1000} s`);
    try {
      const result = await within(ms, work, late);
      this.#backend.connection.connected();
      return result;
    } catch (error) {
      throw isConnectionError(error) ? unreachable(this.#backend.place, error) : error;
    }
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new DearError('queue.closed', 'The queue of this process is closed.');
  }
}

/** The payload, checked. @throws DearError `queue.payload` when it is not what the queue carries. */
function payloadOf<N extends QueueName>(name: N, data: unknown): JobPayloads[N] {
  const parsed = payloadSchemas[name].safeParse(data);
  if (!parsed.success) {
    const wrong = parsed.error.issues
      .map((issue) => `${issue.path.join('.')} ${issue.message}`.trim())
      .join('; ');
    throw new DearError('queue.payload', `A job of the queue ${name} cannot carry this: ${wrong}.`);
  }
  // The seam where the schema's output, a union over all queues to the compiler, becomes this queue's.
  return parsed.data as JobPayloads[N];
}

/** A job of the wrong shape stays wrong however often it is tried. */
function takenPayload<N extends QueueName>(name: N, job: TakenJob): JobPayloads[N] {
  try {
    return payloadOf(name, job.data);
  } catch (error) {
    throw new UnrecoverableError(error instanceof DearError ? error.code : 'failed');
  }
}
