import { parentPort, type ResourceLimits, type TransferListItem, Worker } from 'node:worker_threads';
import { DearError, messageOf } from './errors.ts';

const compiled = import.meta.url.endsWith('.js');

type Asked<Ask> = { readonly id: number; readonly ask: Ask };
type Answered<Answer> =
  | { readonly id: number; readonly answer: Answer }
  | { readonly id: number; readonly error: SentError };

/** What is left of an error on its way to another thread. */
interface SentError {
  readonly message: string;
  readonly code: string | undefined;
  readonly dear: { readonly mend: string | undefined; readonly kind: DearError['kind'] } | undefined;
}

/** V8 collects what a thread has left behind when its limit is near: without one it lets hundreds of megabytes lie. */
const usualLimits: ResourceLimits = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 256 };

/** The number under which a thread tells that it is ready. */
const READY = 0;

/**
 * A file that runs in a thread of its own and answers what it is asked. It keeps the process alive only while
 * somebody waits for an answer.
 */
export class Thread<Ask, Answer> {
  /** Resolves when the thread is ready; rejects when it cannot be. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<
    number,
    { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void }
  >();
  #next = READY;
  #over: Error | undefined;

  /**
   * @param file the URL of the file without its ending
   * @param what it is called when it does not answer: `The database`
   * @param limits others than threads have by themselves
   */
  constructor(file: URL, workerData: object, what: string, limits: ResourceLimits = {}) {
    const resourceLimits = { ...usualLimits, ...limits };
    this.#worker = compiled
      ? new Worker(new URL(`${file.href}.js`), { workerData, execArgv: [], resourceLimits })
      : new Worker(fromSources(file), { eval: true, workerData, execArgv: [], resourceLimits });
    this.ready = this.#wait().then(() => undefined);
    this.ready.catch(() => undefined);
    this.#worker.on('message', (message: Answered<Answer>) => this.#hear(message));
    const end = (why: string) => this.#end(new DearError('thread.ended', `${what} does not answer: ${why}.`));
    this.#worker.on('error', (error) => end(error.message));
    this.#worker.on('exit', () => end('its thread has ended'));
  }

  get over(): boolean {
    return this.#over !== undefined;
  }

  /**
   * Asked things arrive in the order of asking.
   * @param transfer what is handed over instead of copied
   * @throws what the thread threw, or DearError `thread.ended`.
   */
  ask(ask: Ask, transfer: readonly TransferListItem[] = []): Promise<Answer> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    const id = this.#next;
    const answer = this.#wait();
    this.#worker.postMessage({ id, ask } satisfies Asked<Ask>, transfer);
    return answer;
  }

  /** Ends the thread, whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #wait(): Promise<Answer> {
    const id = this.#next++;
    if (this.#waiting.size === 0) this.#worker.ref();
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #hear(message: Answered<Answer>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in message) waiting?.reject(received(message.error));
    else waiting?.resolve(message.answer);
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#over);
    this.#waiting.clear();
  }
}

/** A thread that runs from the sources: `--import tsx` works only in a main thread, so it is registered here. */
function fromSources(file: URL): string {
  const tsx = JSON.stringify(import.meta.resolve('tsx/esm/api'));
  const source = JSON.stringify(`${file.href}.ts`);
  return `import(${tsx}).then(({ register }) => { register(); return import(${source}); });`;
}

/** An answer, with what is handed over instead of copied. */
export interface Handed<Answer> {
  readonly answer: Answer;
  readonly transfer?: readonly TransferListItem[];
}

/**
 * The other end, called once by the file that runs in the thread.
 * @param open makes what answers; its failure is the failure of `ready`
 */
export async function serveThread<Ask, Answer>(
  open: () => Promise<(ask: Ask) => Handed<Answer> | Promise<Handed<Answer>>>,
): Promise<void> {
  const port = parentPort;
  if (port === null) return;
  const fail = (id: number, error: unknown) => port.postMessage({ id, error: sent(error) });
  try {
    const handle = await open();
    port.on('message', async ({ id, ask }: Asked<Ask>) => {
      try {
        const handled = handle(ask);
        // Not awaited when it is there already: what is asked next must not overtake it.
        const { answer, transfer = [] } = handled instanceof Promise ? await handled : handled;
        port.postMessage({ id, answer }, transfer);
      } catch (error) {
        fail(id, error);
      }
    });
    port.postMessage({ id: READY, answer: undefined });
  } catch (error) {
    fail(READY, error);
  }
}

function sent(error: unknown): SentError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const dear = error instanceof DearError ? { mend: error.mend, kind: error.kind } : undefined;
  return { message: messageOf(error), code, dear };
}

function received({ message, code, dear }: SentError): Error {
  if (dear !== undefined && code !== undefined) {
    return new DearError(code, message, {
      kind: dear.kind,
      ...(dear.mend === undefined ? {} : { mend: dear.mend }),
    });
  }
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
