import type { Command } from 'commander';
import { type App, openApp } from '../app.ts';
import { type Config, loadConfig } from '../config.ts';
import { type Output, terminalOutput } from './output.ts';

/** What a command file gets: settings, printing, and an app that is closed when its work is done. */
export interface Cli {
  readonly environment: NodeJS.ProcessEnv;
  readonly cwd: string;
  config(): Config;
  /** Printing for this command; `--json` is a global option. */
  out(command: Command): Output;
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
    withApp: async (work, writing) => {
      const app = await openApp(once(), undefined, writing);
      try {
        return await work(app);
      } finally {
        await app.close();
      }
    },
  };
}
