import type { Command } from 'commander';
import type { Register } from '../cli.ts';

/** `dear demo`: the whole loop on a sample shop, with nothing set up before. */
export const demo: Register = (program, cli) => {
  program
    .command('demo')
    .description('play a whole campaign on a sample shop, in a folder of its own (DATA_DIR/demo)')
    .option('--once', 'end after the report instead of staying up')
    .action(async (options: { once?: boolean }, command: Command) => {
      const { runDemo } = await import('../demo/demo.ts');
      await runDemo(cli, cli.out(command), options.once === true);
    });
};
