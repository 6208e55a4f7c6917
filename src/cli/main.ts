import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { DearError, messageOf } from '../errors.ts';
import { makeCli, type Register } from './cli.ts';
import { attributes } from './commands/attributes.ts';
import { campaign } from './commands/campaign.ts';
import { config } from './commands/config.ts';
import { demo } from './commands/demo.ts';
import { events } from './commands/events.ts';
import { inbox } from './commands/inbox.ts';
import { mailbox } from './commands/mailbox.ts';
import { profile } from './commands/profile.ts';
import { profiles } from './commands/profiles.ts';
import { report } from './commands/report.ts';
import { segments } from './commands/segments.ts';
import { send } from './commands/send.ts';
import { signUps } from './commands/sign-ups.ts';
import { suppressions } from './commands/suppressions.ts';
import { up } from './commands/up.ts';
import { why } from './commands/why.ts';

const commands: Register[] = [
  config,
  profiles,
  events,
  profile,
  attributes,
  suppressions,
  signUps,
  segments,
  inbox,
  campaign,
  report,
  why,
  send,
  up,
  mailbox,
  demo,
];

/**
 * Runs one command line. Whatever goes wrong ends in one readable message on standard error.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use.
 */
export async function main(argv: string[], environment: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const program = new Command('dear')
    .description('Personalised e-mail campaigns: treat different customers differently.')
    .option('--json', 'print JSON instead of text')
    .version('0.1.0')
    .showHelpAfterError('(dear --help shows the commands)')
    .exitOverride();
  const cli = makeCli(environment, cwd);
  for (const register of commands) register(program, cli);
  for (const command of everyCommand(program)) command.exitOverride().showHelpAfterError();
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    return explain(error, environment);
  }
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

function explain(error: unknown, environment: NodeJS.ProcessEnv): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  process.stderr.write(`${pc.red('✗')} ${messageOf(error)}\n`);
  if (error instanceof DearError && error.mend) process.stderr.write(`  ${error.mend}\n`);
  if (environment.LOG_LEVEL === 'trace' && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return error instanceof DearError && error.kind === 'usage' ? 2 : 1;
}
