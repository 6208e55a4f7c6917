import { availableParallelism } from 'node:os';
import type { App } from './app.ts';
import type { Config } from './config.ts';
import { type Batch, type Letter, type Scriptorium, scriptoriumHere } from './delivery/scriptorium.ts';
import { DearError } from './errors.ts';
import type { Packed, ScriptoriumAnswer, ScriptoriumAsk } from './scriptorium-thread.ts';
import { Thread } from './thread.ts';

/** Where the letters of this process are written: in threads, if it has more than one core to work with. */
export function openScriptorium(app: App): Scriptorium {
  const threads = app.config.writerThreads ?? (availableParallelism() > 1 ? 1 : 0);
  if (threads > 0) return new Threads(app.config, threads);
  return scriptoriumHere({
    customers: app.customers,
    data: app.letterData,
    press: app.press,
    writer: app.writer,
  });
}

type WriterThread = Thread<ScriptoriumAsk, ScriptoriumAnswer>;

/** Several threads, each with batches of its own. One that has died is replaced when it is next needed. */
class Threads implements Scriptorium {
  readonly #config: Config;
  readonly #threads: (WriterThread | undefined)[];
  #batches = 0;

  constructor(config: Config, count: number) {
    this.#config = config;
    this.#threads = Array.from({ length: count });
  }

  gather: Scriptorium['gather'] = async (run, sends, now) => {
    const batch = this.#batches;
    this.#batches += 1;
    const thread = this.#thread(batch % this.#threads.length);
    await thread.ready;
    const found = await thread.ask({ kind: 'gather', batch, runId: run.id, sends, now });
    if (found.kind !== 'readers') throw confused();
    const { readers } = found;
    const write: Batch['write'] = async (ids, moment) => {
      const answer = await thread.ask({ kind: 'write', batch, ids, moment });
      if (answer.kind !== 'letters') throw confused();
      return unpack(answer.packed);
    };
    const end = () => void thread.ask({ kind: 'end', batch }).catch(() => undefined);
    return { readers, write, end };
  };

  async close(): Promise<void> {
    await Promise.all(
      this.#threads.map(async (thread) => {
        if (thread?.over === false) await thread.ask({ kind: 'close' }).catch(() => undefined);
        await thread?.terminate();
      }),
    );
  }

  #thread(place: number): WriterThread {
    const known = this.#threads[place];
    if (known?.over === false) return known;
    const file = new URL('./scriptorium-thread', import.meta.url);
    const fresh: WriterThread = new Thread(file, { config: this.#config }, 'The writer of letters');
    this.#threads[place] = fresh;
    return fresh;
  }
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
