import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** A process of `dear work` or `dear up`, with the name that it gives itself in EHLO. */
export interface Worker {
  readonly name: string;
  /** With what it was started; an equal one can take its place. */
  readonly options: WorkerOptions;
  /** kill -9, or another signal; for those that end a process, resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM; resolves with the exit code when it is gone. */
  stop(): Promise<number | null>;
}

export interface WorkerOptions {
  /** Dear's own words, such as `work send`. */
  readonly command: readonly string[];
  /** What goes before the script on node's command line. */
  readonly node?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts workers of one installation and tells of those that ended on their own, which none may. */
export class Crew {
  /** What ended that should not have, with its last words. */
  readonly deaths: string[] = [];
  private readonly cli: string;
  private readonly folder: string;
  private readonly environmentOf: (name: string) => Readonly<Record<string, string>>;
  private readonly living = new Map<Worker, ChildProcess>();
  private hired = 0;

  constructor(
    cli: string,
    folder: string,
    environmentOf: (name: string) => Readonly<Record<string, string>>,
  ) {
    this.cli = cli;
    this.folder = folder;
    this.environmentOf = environmentOf;
    process.once('exit', () => {
      for (const child of this.living.values()) child.kill('SIGKILL');
    });
  }

  get workers(): Worker[] {
    return [...this.living.keys()];
  }

  byName(name: string): Worker | undefined {
    return this.workers.find((worker) => worker.name === name);
  }

  start(options: WorkerOptions): Worker {
    this.hired += 1;
    const name = `worker-${this.hired}`;
    const child = spawn(process.execPath, [...(options.node ?? []), this.cli, ...options.command], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, ...this.environmentOf(name), ...options.environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-2000);
    });
    const gone = once(child, 'exit');
    let expected = false;
    const worker: Worker = {
      name,
      options,
      kill: async (signal) => {
        const fatal = signal === 'SIGKILL';
        expected ||= fatal;
        child.kill(signal);
        if (fatal) await gone;
      },
      stop: async () => {
        expected = true;
        child.kill('SIGTERM');
        await gone;
        if (child.exitCode !== 0)
          this.deaths.push(`${name} stopped with ${child.exitCode ?? child.signalCode}: ${words}`);
        return child.exitCode;
      },
    };
    this.living.set(worker, child);
    void gone.then(() => {
      this.living.delete(worker);
      if (!expected) this.deaths.push(`${name} ended with ${child.exitCode ?? child.signalCode}: ${words}`);
    });
    return worker;
  }

  /** Runs a command of Dear to its end, as a person would. @returns what it printed as JSON */
  async command(...words: readonly string[]): Promise<unknown> {
    const { stdout } = await promisify(execFile)(process.execPath, [this.cli, ...words, '--json'], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, ...this.environmentOf('nobody') },
    });
    return JSON.parse(stdout);
  }

  /** Ends everybody politely. */
  async stopAll(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  async killAll(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.kill('SIGKILL')));
  }
}
