import pc from 'picocolors';
import { describeConfig } from '../../config.ts';
import type { Register } from '../cli.ts';
import { settingProblems } from '../setting-problems.ts';

/** `dear config`: every setting, its value, where the value comes from, and which ones cannot be used. */
export const config: Register = (program, cli) => {
  program
    .command('config')
    .description('list every setting with its value')
    .action((_options, command) => {
      const out = cli.out(command);
      const settings = describeConfig(cli.environment, cli.cwd);
      out.table(
        ['setting', 'value', 'from', 'what it is for'],
        settings.map((setting) => [setting.name, setting.value, setting.source, setting.about]),
      );
      out.say('\nSet them in the environment or in a file named .env in this folder.');
      out.data(settings);
      for (const { message, mend } of settingProblems(settings)) {
        out.note(`${pc.red('✗')} ${message}`);
        if (mend !== undefined) out.note(`  ${mend}`);
        process.exitCode = 2;
      }
    });
};
