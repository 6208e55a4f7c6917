import type { Command } from 'commander';
import pc from 'picocolors';
import { listCampaigns } from '../../content/campaign.ts';
import { type Problem, worstFirst } from '../../content/problem.ts';
import { DearError } from '../../errors.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { sayProblems } from '../problems.ts';

/** `dear campaign list` and `check`: what lies under templates/campaigns. */
export function campaignFiles(family: Command, cli: Cli): void {
  family
    .command('list')
    .description('every campaign file, and what became of it')
    .action(async (_options, command: Command) => {
      const out = cli.out(command);
      await cli.withApp(async (app) => {
        const names = await listCampaigns(app.config.templatesDir);
        const rows = await Promise.all(
          names.map(async (name) => ({ name, run: await app.runs.newest(name) })),
        );
        if (rows.length === 0)
          out.say(`There is no campaign yet: make ${app.config.templatesDir}/campaigns/NAME/campaign.yaml.`);
        else {
          const when = (at: number | undefined) =>
            at === undefined ? '' : new Date(at).toISOString().slice(0, 16).replace('T', ' ');
          out.table(
            ['campaign', 'state', 'launched (UTC)'],
            rows.map(({ name, run }) => [name, run?.state ?? 'not launched', when(run?.createdAt)]),
          );
        }
        out.data(rows.map(({ name, run }) => ({ name, state: run?.state, launchedAt: run?.createdAt })));
      });
    });
  family
    .command('check <name>')
    .description('look for mistakes in a campaign before it is launched')
    .action(async (name: string, _options, command: Command) => {
      const out = cli.out(command);
      const { checkCampaign } = await import('../../content/check.ts');
      const inFiles = await checkCampaign(cli.config().templatesDir, name);
      const isSound = inFiles.every(({ level }) => level !== 'error');
      const inRules = isSound ? await problemsOfRules(cli, out, name) : [];
      const problems = worstFirst([...inFiles, ...(inRules ?? [])]);
      sayProblems(out, problems);
      if (problems.length === 0 && inRules === undefined) out.say('Nothing is wrong in its files.');
      else if (problems.length === 0) out.say(`${pc.green('✓')} '${name}' can be launched.`);
      out.data(problems);
      if (problems.some((problem) => problem.level === 'error')) process.exitCode = 1;
    });
}

/** What the database says of the rules; undefined where there is none to ask: the files alone can be checked. */
async function problemsOfRules(cli: Cli, out: Output, name: string): Promise<Problem[] | undefined> {
  try {
    return await cli.withApp((app) => app.ruleProblems(name));
  } catch (error) {
    if (!(error instanceof DearError)) throw error;
    out.note(`The words of its rules were not looked up: ${error.message}`);
    return undefined;
  }
}
