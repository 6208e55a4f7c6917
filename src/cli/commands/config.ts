import { describeConfig } from '../../config.ts';
import type { Register } from '../cli.ts';
import { asOne, settingProblems } from '../setting-problems.ts';

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
      const problems = settingProblems(settings);
      if (problems.length > 0) throw asOne(problems);
    });
};
