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

const fromParent = z.enum(['arrived']);
const fromStep = z.object({ result: z.unknown() });

/** A process of its own for one of the contenders, so that none lives on another's heap or event loop. */
export interface Step {
  /** Tells the step that the sink has all the letters it was to expect. */
  arrived(): void;
  /** Resolves with what the step measured, rejects when it fails. */
  readonly result: Promise<unknown>;
}

/** Starts `<name>-step`, compiled or not like this file itself. */
export function startStep(name: StepName, options: StepOptions): Step {
  const child = forkBeside(`${name}-step`, JSON.stringify(options));
  return { arrived: () => void child.send('arrived'), result: resultOf(child, name) };
}

/** Starts another file of this folder as a process. */
export function forkBeside(file: string, ...args: string[]): ChildProcess {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fork(new URL(`./${file}.${ending}`, import.meta.url), args, {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [...process.execArgv, '--enable-source-maps'],
  });
}

async function resultOf(child: ChildProcess, name: StepName): Promise<unknown> {
  let answer: { result?: unknown } | undefined;
  child.on('message', (message) => {
    answer = fromStep.parse(message);
  });
  const [code] = await once(child, 'exit');
  if (code === 0 && answer !== undefined) return answer.result;
  throw new Error(`the step '${name}' of the benchmark failed (exit code ${code})`);
}

/** The body of a step: runs the work with the options of the command line and hands back what it measured. */
export async function runStep(
  work: (options: StepOptions, arrived: Promise<void>) => Promise<unknown>,
): Promise<void> {
  const arrived = new Promise<void>((resolve) => {
    process.on('message', (message) => {
      if (fromParent.parse(message) === 'arrived') resolve();
    });
  });
  process.on('disconnect', () => process.exit(1));
  const result = await work(stepOptions.parse(JSON.parse(process.argv[2] ?? '')), arrived);
  await new Promise<void>((resolve, reject) => {
    process.send?.({ result }, (error: Error | null) => (error ? reject(error) : resolve()));
  });
  process.exit(0);
}
