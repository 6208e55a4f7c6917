import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeShop } from './installation.ts';
import {
  dearResult,
  type ImportResult,
  importResult,
  launched,
  renderResult,
  type SendResult,
  sendResult,
} from './results.ts';
import { openSink, type Sink } from './sink-process.ts';
import { type StepName, type StepOptions, startStep } from './steps.ts';

/** What a benchmark is run with. */
export interface ContestSize {
  readonly profiles: number;
  readonly events: number;
  readonly letters: number;
  readonly profiled: number;
  readonly connections: number;
  /** How far away the server is: what each of its answers takes, ms. */
  readonly away: number;
  readonly cpuProfile: string | undefined;
}

/** A shop in a folder of its own, and a sink for the letters of all contenders, one after another. */
export class Contest {
  readonly #options: StepOptions;
  readonly #sink: Sink;
  readonly #note: (text: string) => void;

  private constructor(options: StepOptions, sink: Sink, note: (text: string) => void) {
    this.#options = options;
    this.#sink = sink;
    this.#note = note;
  }

  /** Runs the work with a contest and clears up after it. @param note is told what is going on */
  static async hold<T>(
    size: ContestSize,
    note: (text: string) => void,
    work: (contest: Contest) => Promise<T>,
  ): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'dear-bench-'));
    const sink = await openSink(size.away);
    try {
      note('writing files');
      await writeShop(folder, size);
      const { letters, profiled, connections, cpuProfile } = size;
      const options = { folder, smtpUrl: sink.url, letters, profiled, connections };
      return await work(
        new Contest({ ...options, ...(cpuProfile === undefined ? {} : { cpuProfile }) }, sink, note),
      );
    } finally {
      sink.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  async import(): Promise<ImportResult> {
    return importResult.parse(await this.#step('import', 'importing profiles and events', 0));
  }

  /**
   * Launches the campaign, which workers that are up already plan and send; the other contenders need its letters.
   * @param helpers worker processes beside the one that is measured
   */
  async dear(helpers = 0) {
    this.#note('starting workers of Dear');
    const arrival = this.#sink.expect(this.#options.letters);
    const worker = startStep('dear', this.#options);
    const others = Array.from({ length: helpers }, () => startStep('helper', this.#options));
    const all = [worker, ...others];
    try {
      await Promise.all(all.map((step) => Promise.race([step.ready, step.result])));
      const { launchedAt } = launched.parse(await this.#step('launch', 'launching', 0));
      this.#note('sending with Dear');
      worker.launched(launchedAt);
      void arrival.then(() => worker.arrived());
      const result = dearResult.parse(await worker.result);
      await arrival;
      return result;
    } catch (error) {
      // It would wait for a launch that does not come.
      worker.stop();
      await worker.result.catch(() => undefined);
      throw error;
    } finally {
      for (const other of others) other.arrived();
      await Promise.all(others.map((other) => other.result));
    }
  }

  async render(letters: number) {
    return renderResult.parse(await this.#step('render', 'rendering', 0, letters));
  }

  /** Sends letters of the campaign with something else than Dear. */
  async rival(name: 'limit' | 'pool' | 'naive', letters: number): Promise<SendResult> {
    const titles = { limit: 'ready bytes', pool: 'nodemailer', naive: 'Handlebars, MJML and nodemailer' };
    return sendResult.parse(await this.#step(name, `sending with ${titles[name]}`, letters, letters));
  }

  async #step(name: StepName, title: string, expected: number, letters = this.#options.letters) {
    this.#note(title);
    const arrival = expected > 0 ? this.#sink.expect(expected) : undefined;
    const step = startStep(name, { ...this.#options, letters });
    void arrival?.then(() => step.arrived());
    const result = await step.result;
    // Who says that all were sent must have made them arrive; more than that were counted separately.
    await arrival;
    return result;
  }
}
