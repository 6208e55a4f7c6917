import type { ChangeCounts } from '../profiles/port.ts';
import type { StatedWritten } from '../profiles/stated-events.ts';
import { Thread } from '../thread.ts';
import {
  type BulkAnswer,
  type BulkAsk,
  type PackedEvents,
  type PackedProfiles,
  packed,
} from './bulk-packing.ts';
import type { Bulk, Load } from './database.ts';
import { onceEach } from './once-each.ts';
import { Checkpoints } from './sqlite-checkpoints.ts';

/** What it is given lies there for one transaction, as texts and columns of numbers. */
const LIMITS = { maxYoungGenerationSizeMb: 8 };

/**
 * Writes loads to SQLite on a handle in a thread of its own, while the rows that follow are being read.
 * The thread starts with the first load and takes one at a time. To other writers it is one more process.
 */
export class BulkWriter implements Bulk {
  readonly #path: string;
  readonly #secret: string;
  readonly #checkpoints: Checkpoints;
  readonly #wrote: () => void;
  #thread: Thread<BulkAsk, BulkAnswer> | undefined;

  /**
   * @param secret for the marks of erased people
   * @param wrote is told of each transaction that did not wait for the disk
   */
  constructor(path: string, secret: string, wrote: () => void) {
    this.#path = path;
    this.#secret = secret;
    this.#wrote = wrote;
    this.#checkpoints = new Checkpoints(path, async (moment) => this.#thread?.ask({ kind: 'anew', moment }));
  }

  // What the thread answers to each kind of asking is its own affair; these are the seams where it gets its name.
  events(events: PackedEvents): Promise<StatedWritten> {
    return this.#write({ kind: 'events', events }) as Promise<StatedWritten>;
  }

  profiles(profiles: PackedProfiles): Promise<ChangeCounts | undefined> {
    return this.#write({ kind: 'profiles', profiles }) as Promise<ChangeCounts | undefined>;
  }

  load(loads: readonly Load[]): Promise<number[]> {
    return this.#write({
      kind: 'load',
      loads: loads.map(({ insert, columns, ifWritten = false }) => ({
        text: textOf(insert),
        rows: columns[0]?.length ?? 0,
        columns: columns.map(packed),
        ifWritten,
      })),
    }) as Promise<number[]>;
  }

  async close(): Promise<void> {
    await this.#checkpoints.close();
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined || thread.over) return;
    await thread.ask({ kind: 'close' });
    await thread.terminate();
  }

  #write(ask: BulkAsk): Promise<BulkAnswer> {
    this.#checkpoints.wrote();
    return this.#start().ask(ask).finally(this.#wrote);
  }

  #start(): Thread<BulkAsk, BulkAnswer> {
    if (this.#thread?.over === false) return this.#thread;
    const file = new URL('./bulk-thread', import.meta.url);
    this.#thread = new Thread(file, { path: this.#path, secret: this.#secret }, 'The database', LIMITS);
    return this.#thread;
  }
}

const textOf = onceEach((insert: Load['insert']) => {
  const names = Object.keys(insert.columns);
  const places = names.map(() => '?').join(', ');
  return `INSERT INTO ${insert.into} (${names.join(', ')}) VALUES (${places}) ${insert.tail ?? ''}`;
});
