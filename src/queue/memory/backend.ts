import type {
  BackendFactory,
  IQueueBackend,
  JobJson,
  JobsOptions,
  JobType,
  MoveToDelayedOpts,
  QueueBaseOptions,
  RepeatableOptions,
  RetryJobOpts,
  WorkerOptions,
} from 'bullmq';
import { type Added, addJobs } from './adding.ts';
import { breathe } from './breath.ts';
import { extendLock, takeBack } from './locks.ts';
import { countOf, listOf } from './looks.ts';
import { completeJob, failJob, type Keep, postponeJob, type Taken, takeJob } from './moves.ts';
import { continueSchedule, putSchedule, type Scheduled } from './schedules.ts';
import { clock, type MemoryQueue, type MemorySpace } from './state.ts';
import { UnsupportedOperations, unsupported } from './unsupported.ts';

type Options = Partial<WorkerOptions<MemorySpace>>;
type Finished = { result: Taken | undefined; finishedOn: number };

/**
 * BullMQ's contract over a queue in memory, for one Queue or Worker of BullMQ. It knows what jobs go through
 * in Dear; the rest of the contract is refused. Delays and locks do not depend on how the clock is set.
 */
export class MemoryQueueBackend extends UnsupportedOperations implements IQueueBackend {
  readonly minimumBlockTimeout = 0.001;
  readonly maximumBlockTimeout = 3600;
  readonly keys = {};
  readonly #queue: MemoryQueue;
  readonly #options: Options;
  #closing: Promise<void> | undefined;
  #awake = false;

  constructor(queue: MemoryQueue, options: Options) {
    super();
    if (options.limiter) throw unsupported('limit on the rate of jobs');
    if (options.metrics) throw unsupported('metrics');
    this.#queue = queue;
    this.#options = options;
  }

  // Being there

  get closing(): Promise<void> | undefined {
    return this.#closing;
  }
  get qualifiedName(): string {
    return this.#queue.name;
  }
  toKey(type: string): string {
    return `${this.#queue.name}:${type}`;
  }
  clientName(suffix = ''): string {
    return `${this.#queue.name}${suffix}`;
  }
  async waitUntilReady(): Promise<void> {}
  /** There is no connection that could bear a name. */
  async setName(): Promise<void> {}
  async close(): Promise<void> {
    this.#closing ??= this.disconnectBlocking();
    await this.#closing;
  }
  async disconnect(): Promise<void> {
    await this.disconnectBlocking();
  }

  // Adding

  async addJob(job: JobJson, jobId: string): Promise<string> {
    const [id = ''] = addJobs(this.#queue, [{ job, jobId }]);
    return id;
  }
  async addJobs(entries: Added[]): Promise<string[]> {
    return addJobs(this.#queue, entries);
  }

  // Taking and giving back

  async moveToActive(token: string, worker = this.#options.name): Promise<Taken> {
    await breathe();
    const lockMs = this.#options.lockDuration ?? 30_000;
    return takeJob(this.#queue, { token, lockMs, worker });
  }
  async moveToCompleted(
    job: { id?: string },
    value: unknown,
    keep: Keep,
    token: string,
    fetchNext: boolean,
  ): Promise<Finished> {
    const claim = { jobId: job.id, token };
    const finishedOn = completeJob(this.#queue, claim, value, keep ?? this.#options.removeOnComplete);
    return { result: await this.#next(token, fetchNext), finishedOn };
  }
  async moveToFailed(
    job: { id?: string },
    failedReason: string,
    keep: Keep,
    token: string,
    fetchNext: boolean,
    fields: Record<string, unknown> = {},
  ): Promise<Finished> {
    const claim = { jobId: job.id, token };
    const note = { ...fields, failedReason };
    const finishedOn = failJob(this.#queue, claim, note, keep ?? this.#options.removeOnFail);
    return { result: await this.#next(token, fetchNext), finishedOn };
  }
  async moveToDelayed(
    jobId: string,
    _timestamp: number,
    delayMs: number,
    token?: string,
    options: MoveToDelayedOpts = {},
  ): Promise<Taken | []> {
    const { skipAttempt = false, fieldsToUpdate: note = {}, fetchNext = false } = options;
    postponeJob(this.#queue, { jobId, token }, { delayMs, note, counts: !skipAttempt });
    return (await this.#next(token ?? '', fetchNext)) ?? [];
  }
  async retryJob(jobId: string, _lifo: boolean, token?: string, options: RetryJobOpts = {}): Promise<void> {
    const note = options.fieldsToUpdate ?? {};
    postponeJob(this.#queue, { jobId, token }, { delayMs: undefined, note, counts: true });
  }
  async moveStalledJobsToWait(): Promise<string[]> {
    const { maxStalledCount = 1, stalledInterval = 30_000 } = this.#options;
    return takeBack(this.#queue, maxStalledCount, stalledInterval);
  }
  async extendLock(jobId: string, token: string, ms: number): Promise<number> {
    return extendLock(this.#queue, jobId, token, ms) ? 1 : 0;
  }
  async extendLocks(jobIds: string[], tokens: string[], ms: number): Promise<string[]> {
    return jobIds.filter((jobId, index) => !extendLock(this.#queue, jobId, tokens[index] ?? '', ms));
  }
  async #next(token: string, wanted: boolean): Promise<Taken | undefined> {
    return wanted && this.#closing === undefined ? this.moveToActive(token) : undefined;
  }

  // Waiting

  async waitForJob(timeoutSeconds: number): Promise<{ member: string; score: number } | null> {
    const marker = { member: this.#queue.name, score: 0 };
    if (this.#awake) return null;
    if (this.#queue.ready) return marker;
    const { first } = this.#queue.delayed;
    const untilDue =
      first === undefined || this.#queue.paused ? Number.POSITIVE_INFINITY : first.due - clock();
    const ms = Math.ceil(Math.min(timeoutSeconds * 1000, untilDue));
    return (await this.#queue.bell.sleep(this, ms)) ? marker : null;
  }
  async disconnectBlocking(): Promise<void> {
    this.#awake = true;
    this.#queue.bell.ring(this);
  }
  async reconnectBlocking(): Promise<void> {
    this.#awake = false;
  }

  // Schedules

  async addJobScheduler(
    id: string,
    _next: number,
    data: string,
    _template: JobsOptions,
    repeat: RepeatableOptions,
    options: JobsOptions,
  ): Promise<Scheduled> {
    return putSchedule(this.#queue, id, { repeat, data, options });
  }
  async updateJobSchedulerNextMillis(
    id: string,
    _next: number,
    _data: string,
    options: JobsOptions,
    producerId?: string,
  ): Promise<string | null> {
    return continueSchedule(this.#queue, id, producerId, options);
  }
  async isJobScheduler(id: string): Promise<boolean> {
    return this.#queue.schedules.has(id);
  }

  // Looking, pausing, metadata

  async getJobData(jobId: string): Promise<JobJson | undefined> {
    const job = this.#queue.jobs.get(jobId);
    return job && { ...job.json };
  }
  async getCounts(types: JobType[], delayedTimestamp?: number): Promise<number[]> {
    if (delayedTimestamp !== undefined) throw unsupported('count of delayed jobs up to a time');
    return types.map((type) => countOf(this.#queue, type));
  }
  async getCountsPerPriority(priorities: number[]): Promise<number[]> {
    return priorities.map((priority) => (priority === 0 ? countOf(this.#queue, 'waiting') : 0));
  }
  async getRanges(types: JobType[], start = 0, end = -1, asc = false): Promise<[string][]> {
    return types.map((type) => listOf(this.#queue, type, { start, end, asc }));
  }
  async pause(pause: boolean): Promise<void> {
    if (pause) this.#queue.pause();
    else this.#queue.resume();
  }
  async setQueueMeta(values: Record<string, string | number>): Promise<number> {
    return this.#queue.meta.set(values);
  }
  async getQueueMetaField(field: string): Promise<string | null> {
    return this.#queue.meta.get(field);
  }
  async getQueueMetaFields(fields: string[]): Promise<(string | null)[]> {
    return fields.map((field) => this.#queue.meta.get(field));
  }
  async getQueueMeta(): Promise<Record<string, string>> {
    return this.#queue.meta.all();
  }
  async removeQueueMetaFields(fields: string[]): Promise<number> {
    return this.#queue.meta.remove(fields);
  }
  async hasQueueMetaField(field: string): Promise<boolean> {
    return this.#queue.meta.has(field);
  }
}

/** Makes what BullMQ's classes work on, in the space that is their connection. */
export const createMemoryBackend: BackendFactory<MemoryQueueBackend, MemorySpace> = (
  name,
  options: QueueBaseOptions<MemorySpace>,
) => new MemoryQueueBackend(options.connection.queue(name), options);
