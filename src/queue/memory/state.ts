import type { JobJson } from 'bullmq';
import { Bell } from './bell.ts';
import { DueHeap, type Timed } from './due-heap.ts';
import { type InLine, Line } from './line.ts';
import { Metadata } from './metadata.ts';

/** Where a job is. Always in one place. */
export type Place = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed';

/** Whose an active job is. */
export interface Lock {
  readonly token: string;
  /** When it runs out, on `clock`. */
  until: number;
  /** When it was first found to have run out. */
  overdueSince: number | undefined;
}

/** A job that the queue holds. */
export interface HeldJob extends InLine<HeldJob>, Timed {
  readonly id: string;
  /** What BullMQ knows of it. Copied on its way out. */
  readonly json: JobJson;
  place: Place;
  /** There while the job is active. */
  lock: Lock | undefined;
}

/** A job that is to be added once the active one with its key is done. */
export interface NextJob {
  readonly id: string;
  readonly json: JobJson;
}

/** What makes a job again and again. */
export interface Schedule {
  readonly name: string;
  readonly data: string;
  readonly everyMs: number;
  /** When its next job is due, in milliseconds since 1970. */
  next: number;
}

/** Milliseconds that pass alike whoever sets the clock: delays and locks are measured by them. */
export const clock = () => performance.now();

/** One queue: its jobs, each in its place, and what holds between them. Every step of it is done in one go. */
export class MemoryQueue {
  readonly name: string;
  readonly jobs = new Map<string, HeldJob>();
  readonly waiting = new Line<HeldJob>();
  readonly active = new Line<HeldJob>();
  readonly completed = new Line<HeldJob>();
  readonly failed = new Line<HeldJob>();
  readonly delayed = new DueHeap<HeldJob>();
  /** The ids of the jobs that have a deduplication key, by key. */
  readonly keys = new Map<string, string>();
  /** By key. */
  readonly nexts = new Map<string, NextJob>();
  readonly schedules = new Map<string, Schedule>();
  readonly meta = new Metadata();
  readonly bell = new Bell();
  #lastId = 0;

  constructor(name: string) {
    this.name = name;
  }

  get paused(): boolean {
    return this.meta.has('paused');
  }

  /** Whether a worker would get a job now. */
  get ready(): boolean {
    if (this.paused) return false;
    return this.waiting.size > 0 || (this.delayed.first?.due ?? Number.POSITIVE_INFINITY) <= clock();
  }

  newId(): string {
    this.#lastId += 1;
    return String(this.#lastId);
  }

  /** Takes in a job that may run in `delayMs` milliseconds, and `json` with it. */
  insert(id: string, json: JobJson, delayMs: number): void {
    json.id = id;
    json.delay = delayMs;
    const job: HeldJob = {
      id,
      json,
      place: delayMs > 0 ? 'delayed' : 'waiting',
      lock: undefined,
      due: clock() + delayMs,
      ...{ slot: 0, turn: 0, before: undefined, after: undefined },
    };
    this.jobs.set(id, job);
    this.#enter(job);
  }

  move(job: HeldJob, to: Exclude<Place, 'delayed'>): void {
    this.#leave(job);
    job.place = to;
    this.#enter(job);
  }

  /** Puts a job before all that wait. */
  moveToFront(job: HeldJob): void {
    this.#leave(job);
    job.place = 'waiting';
    this.waiting.prepend(job);
    this.#ring();
  }

  delay(job: HeldJob, ms: number): void {
    this.#leave(job);
    job.place = 'delayed';
    job.due = clock() + ms;
    job.json.delay = ms;
    this.#enter(job);
  }

  /** Lets those wait whose time has come. */
  promote(): void {
    const now = clock();
    for (let { first } = this.delayed; first !== undefined && first.due <= now; first = this.delayed.first) {
      first.json.delay = 0;
      this.move(first, 'waiting');
    }
  }

  /** Forgets a job. */
  remove(job: HeldJob): void {
    this.#leave(job);
    this.jobs.delete(job.id);
  }

  pause(): void {
    this.meta.set({ paused: 1 });
  }

  resume(): void {
    this.meta.remove(['paused']);
    this.#ring();
  }

  #enter(job: HeldJob): void {
    if (job.place === 'delayed') this.delayed.add(job);
    else this[job.place].append(job);
    // Who sleeps does so until the first delayed job that there was when they went to sleep.
    if (job.place === 'waiting' || job === this.delayed.first) this.#ring();
  }

  #leave(job: HeldJob): void {
    if (job.place === 'delayed') this.delayed.remove(job);
    else this[job.place].remove(job);
  }

  #ring(): void {
    if (!this.paused) this.bell.ring();
  }
}

/** Every embedded queue of this process that is opened together, by name. */
export class MemorySpace {
  readonly #queues = new Map<string, MemoryQueue>();

  queue(name: string): MemoryQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const queue = new MemoryQueue(name);
    this.#queues.set(name, queue);
    return queue;
  }

  /** Forgets everything. */
  close(): void {
    for (const queue of this.#queues.values()) queue.bell.ring();
    this.#queues.clear();
  }
}
