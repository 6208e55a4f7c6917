import { availableParallelism } from 'node:os';
import type { App } from './app.ts';
import type { Surveyed } from './campaigns/survey.ts';
import type { Config } from './config.ts';
import { type Batch, type Letter, type Scriptorium, scriptoriumHere } from './delivery/scriptorium.ts';
import { Spaces } from './delivery/spaces.ts';
import { DearError } from './errors.ts';
import type { Packed, ScriptoriumAnswer, ScriptoriumAsk } from './scriptorium-thread.ts';
import { Thread } from './thread.ts';

/** Where the letters of this process are written: in threads, if it has more than one core to work with. */
export function openScriptorium(app: App): Scriptorium {
  const threads = app.config.writerThreads ?? (availableParallelism() > 1 ? 1 : 0);
  if (threads > 0) return new Threads(app.config, threads);
  return scriptoriumHere(app.letters);
}

/** Letters that were asked for meanwhile are written between two such parts of an audience. */
const SURVEYED_AT_ONCE = 250;

type WriterThread = Thread<ScriptoriumAsk, ScriptoriumAnswer>;

/** Several threads, each with batches of its own. One that has died is replaced when it is next needed. */
class Threads implements Scriptorium {
  readonly #config: Config;
  readonly #threads: WriterThread[];
  readonly #spaces = new Spaces();
  #turn = 0;
  #batches = 0;

  constructor(config: Config, count: number) {
    this.#config = config;
    this.#threads = Array.from({ length: count }, () => startThread(config));
  }

  survey: Scriptorium['survey'] = async (run, profileIds) => {
    const all: Surveyed[] = [];
    for (let start = 0; start < profileIds.length; start += SURVEYED_AT_ONCE) {
      const thread = this.#next();
      await thread.ready;
      const ids = profileIds.slice(start, start + SURVEYED_AT_ONCE);
      const answer = await thread.ask({ kind: 'survey', run, profileIds: ids });
      if (answer.kind !== 'surveyed') throw confused();
      all.push(...answer.surveyed);
    }
    return all;
  };

  gather: Scriptorium['gather'] = async (run, sends, now) => {
    const batch = this.#batches;
    this.#batches += 1;
    const thread = this.#next();
    await thread.ready;
    const found = await thread.ask({ kind: 'gather', batch, run, sends, now });
    if (found.kind !== 'readers') throw confused();
    const { readers } = found;
    const write: Batch['write'] = async (ids, moment) => {
      const space = this.#spaces.spare();
      const given = space === undefined ? [] : [space];
      const answer = await thread.ask({ kind: 'write', batch, ids, moment, space }, given);
      if (answer.kind !== 'letters') throw confused();
      const letters = unpack(answer.packed);
      this.#spaces.hold(answer.packed.bytes, letters.filter((letter) => 'bytes' in letter).length);
      return letters;
    };
    const done: Batch['done'] = (letter) => this.#spaces.done(letter.bytes.buffer);
    const end = () => void thread.ask({ kind: 'end', batch }).catch(() => undefined);
    return { readers, write, done, end };
  };

  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread) => {
        if (!thread.over) await thread.ask({ kind: 'close' }).catch(() => undefined);
        await thread.terminate();
      }),
    );
  }

  /** The threads take turns. */
  #next(): WriterThread {
    const place = this.#turn % this.#threads.length;
    this.#turn += 1;
    const known = this.#threads[place];
    if (known?.over === false) return known;
    const fresh = startThread(this.#config);
    this.#threads[place] = fresh;
    return fresh;
  }
}

function startThread(config: Config): WriterThread {
  return new Thread(new URL('./scriptorium-thread', import.meta.url), { config }, 'The writer of letters');
}

function unpack({ letters, bytes }: Packed): Letter[] {
  return letters.map((letter) => {
    if (!('start' in letter)) return letter;
    const { sendId, from, to, decision, start, end } = letter;
    return { sendId, from, to, decision, bytes: Buffer.from(bytes, start, end - start) };
  });
}

function confused(): DearError {
  return new DearError(
    'scriptorium.answer',
    'The writer of letters answered something else than it was asked.',
  );
}
