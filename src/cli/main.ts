import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { DearError, messageOf } from '../errors.ts';
import { makeCli, type Register } from './cli.ts';

/** The files of commands and the commands that each has. Only the file of the command that is given is loaded. */
const commands: readonly { readonly names: readonly string[]; readonly load: () => Promise<Register> }[] = [
  { names: ['config'], load: async () => (await import('./commands/config.ts')).config },
  { names: ['profiles'], load: async () => (await import('./commands/profiles.ts')).profiles },
  { names: ['events'], load: async () => (await import('./commands/events.ts')).events },
  { names: ['profile'], load: async () => (await import('./commands/profile.ts')).profile },
  { names: ['attributes'], load: async () => (await import('./commands/attributes.ts')).attributes },
  { names: ['suppressions'], load: async () => (await import('./commands/suppressions.ts')).suppressions },
  { names: ['sign-ups'], load: async () => (await import('./commands/sign-ups.ts')).signUps },
  { names: ['audit'], load: async () => (await import('./commands/audit.ts')).audit },
  { names: ['retention'], load: async () => (await import('./commands/retention.ts')).retention },
  { names: ['segments'], load: async () => (await import('./commands/segments.ts')).segments },
  { names: ['inbox'], load: async () => (await import('./commands/inbox.ts')).inbox },
  { names: ['keys'], load: async () => (await import('./commands/keys.ts')).keys },
  { names: ['campaign'], load: async () => (await import('./commands/campaign.ts')).campaign },
  { names: ['report'], load: async () => (await import('./commands/report.ts')).report },
  { names: ['why'], load: async () => (await import('./commands/why.ts')).why },
  { names: ['send'], load: async () => (await import('./commands/send.ts')).send },
  { names: ['up', 'serve', 'work'], load: async () => (await import('./commands/up.ts')).up },
  { names: ['mailbox'], load: async () => (await import('./commands/mailbox.ts')).mailbox },
  { names: ['demo'], load: async () => (await import('./commands/demo.ts')).demo },
];

/** The file of the command that a command line names; all of them when it names none, as for help. */
function commandsFor(given: readonly string[]): typeof commands {
  const name = given.find((arg, index) => !arg.startsWith('-') && given[index - 1] !== '--actor');
  const named = commands.filter(({ names }) => names.some((one) => one === name));
  return named.length > 0 ? named : commands;
}

/**
 * Runs one command line. Whatever goes wrong ends in one readable message on standard error.
 * @returns the exit code: 0 done, 1 failed, 2 wrong use.
 */
export async function main(argv: string[], environment: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  const program = new Command('dear')
    .description('Personalised e-mail campaigns: treat different customers differently.')
    .option('--json', 'print JSON instead of text')
    .option('--actor <name>', "who does it, for the audit log; default: DEAR_ACTOR, or the machine's user")
    .version('0.1.0')
    .showHelpAfterError('(dear --help shows the commands)')
    .exitOverride();
  const cli = makeCli(environment, cwd);
  for (const { load } of commandsFor(argv.slice(2))) (await load())(program, cli);
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
