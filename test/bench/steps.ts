import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';

/** What every step is told. Steps share a folder with one installation of Dear, and a sink. */
const stepOptions = z.object({
  folder: z.string(),
  smtpUrl: z.string(),
  connections: z.int(),
  /** How many letters the step sends. */
  letters: z.int(),
  /** How many letters the campaign `part` has, whose sending is profiled; 0 for none. */
  profiled: z.int(),
  /** Where the CPU profile is written, if anywhere. */
  cpuProfile: z.string().optional(),
});
export type StepOptions = z.output<typeof stepOptions>;

export type StepName =
  | 'launch'
  | 'helper'
  | 'import'
  | 'dear'
  | 'render'
  | 'limit'
  | 'pool'
  | 'naive'
  | 'data-import'
  | 'data-questions'
  | 'data-http';

const fromParent = z.union([z.object({ launchedAt: z.number() }), z.literal('arrived')]);
const fromStep = z.union([z.literal('ready'), z.object({ result: z.unknown() })]);

/** A process of its own for one of the contenders, so that none lives on another's heap or event loop. */
export interface Step {
  /** Resolves when a worker of Dear has nothing left to do but wait; other steps never say so. */
  readonly ready: Promise<void>;
  /** Tells a worker of Dear when (ms since 1970) the campaign was launched. */
  launched(at: number): void;
  /** Tells the step that the sink has all the letters it was to expect. */
  arrived(): void;
  /** Ends it, whatever it is doing. */
  stop(): void;
  /** Resolves with what the step measured, rejects when it fails. */
  readonly result: Promise<unknown>;
}

/** Starts `<name>-step`, compiled or not like this file itself. */
export function startStep(name: StepName, options: StepOptions): Step {
  const child = forkBeside(`${name}-step`, JSON.stringify(options));
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (fromStep.parse(message) === 'ready') resolve();
    });
  });
  return {
    ready,
    launched: (launchedAt) => void child.send({ launchedAt }),
    arrived: () => void child.send('arrived'),
    stop: () => void child.kill(),
    result: resultOf(child, name),
  };
}

/** Starts another file of this folder as a process. */
export function forkBeside(file: string, ...args: string[]): ChildProcess {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fork(new URL(`./${file}.${ending}`, import.meta.url), args, {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [...process.execArgv],
  });
}

async function resultOf(child: ChildProcess, name: StepName): Promise<unknown> {
  let answer: { result?: unknown } | undefined;
  child.on('message', (message) => {
    const said = fromStep.parse(message);
    if (said !== 'ready') answer = said;
  });
  const [code] = await once(child, 'exit');
  if (code === 0 && answer !== undefined) return answer.result;
  throw new Error(`the step '${name}' of the benchmark failed (exit code ${code})`);
}

/** What a step hears from the contest, and what it tells it beside its result. */
export interface Contact {
  ready(): Promise<void>;
  /** When the campaign was launched, ms since 1970. */
  readonly launched: Promise<number>;
  /** The sink has all the letters that it was to expect. */
  readonly arrived: Promise<unknown>;
}

/** The body of a step: runs the work with the options of the command line and hands back what it measured. */
export async function runStep(
  work: (options: StepOptions, contact: Contact) => Promise<unknown>,
): Promise<void> {
  process.on('disconnect', () => process.exit(1));
  const contact: Contact = {
    ready: () => tell('ready'),
    launched: heard((said) => (said === 'arrived' ? undefined : said.launchedAt)),
    arrived: heard((said) => (said === 'arrived' ? true : undefined)),
  };
  const result = await work(stepOptions.parse(JSON.parse(process.argv[2] ?? '')), contact);
  await tell({ result });
  process.exit(0);
}

function heard<T>(of: (said: z.output<typeof fromParent>) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    process.on('message', (message) => {
      const what = of(fromParent.parse(message));
      if (what !== undefined) resolve(what);
    });
  });
}

function tell(what: z.input<typeof fromStep>): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    process.send?.(what, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
