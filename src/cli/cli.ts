import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Output, printable, terminalOutput } from './output.ts';

/** What a command file gets: settings, printing, and an app that is closed when its work is done. */
export interface Cli {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  config(): Config;
  /** Printing for this command; `--json` is a global option. */
  out(command: Command): Output;
  /** Who does it, for the audit log: `--actor`, else DEAR_ACTOR, else the machine's user. */
  actor(command: Command): string;
  /** Opens the app, runs the work, closes the app also when the work fails. @param writing see openApp */
  withApp<T>(work: (app: App) => Promise<T>, writing?: 'here' | 'thread'): Promise<T>;
}

/** Adds one command (or a family of them) to the program. */
export type Register = (program: Command, cli: Cli) => void;

export function makeCli(environment: NodeJS.ProcessEnv, cwd: string): Cli {
  let config: Config | undefined;
  const once = () => {
    config ??= loadConfig(environment, cwd);
    return config;
  };
  return {
    environment,
    cwd,
    config: once,
    out: (command) => terminalOutput(command.optsWithGlobals().json === true),
    actor: (command) => actorOf(command.optsWithGlobals().actor, environment),
    withApp: async (work, writing) => {
      // Loaded when it is needed: help and mistakes are told without.
      const { openApp } = await import('../app.ts');
      const app = await openApp(once(), undefined, writing);
      try {
        return await work(app);
      } finally {
        await app.close();
      }
    },
  };
}

const LONGEST_ACTOR = 100;

function actorOf(option: unknown, environment: NodeJS.ProcessEnv): string {
  const given = typeof option === 'string' ? option : environment.DEAR_ACTOR;
  const text = given?.trim() || machineUser(environment);
  return printable(text).slice(0, LONGEST_ACTOR);
}

/** A container may run under a number that no user has. */
function machineUser(environment: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return environment.USER || 'unknown user';
  }
}
