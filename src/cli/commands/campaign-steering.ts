import type { Command } from 'commander';
import pc from 'picocolors';
import type { App } from '../../app.ts';
import type { Run } from '../../campaigns/port.ts';
import { sendingStates } from '../../campaigns/reasons.ts';
import { reportOf } from '../../campaigns/report.ts';
import { DearError } from '../../errors.ts';
import { note } from '../audit.ts';
import type { Cli } from '../cli.ts';
import { campaignResolve, overError } from './campaign-resolve.ts';

/** `dear campaign pause`, `resume`, `cancel` and `resolve`: what a person decides on a run. */
export function campaignSteering(family: Command, cli: Cli): void {
  steer(
    family,
    cli,
    'pause',
    'stop sending within a second; resume goes on where it stopped',
    async (app, run) => {
      await stepOr(app, run, sendingStates, 'paused');
      return `'${run.campaign}' is paused. \`dear campaign resume ${run.campaign}\` goes on.`;
    },
  );
  family
    .command('resume <name>')
    .description('go on with a paused campaign')
    .option('--with-changes', 'letters that have not left say what the files of the campaign say now')
    .action((name: string, options: { withChanges?: boolean }, command: Command) =>
      resumeCommand(cli, name, options.withChanges === true, command),
    );
  steer(
    family,
    cli,
    'cancel',
    'end a campaign for good; letters that wait are not sent',
    async (app, run) => {
      await stepOr(app, run, ['planning', 'running', 'paused'], 'cancelled');
      const skipped = await app.runs.skipOpen(run.id, 'cancelled');
      return `'${run.campaign}' is cancelled: ${skipped} waiting letters will not be sent.`;
    },
  );
  campaignResolve(family, cli);
}

async function resumeCommand(cli: Cli, name: string, withChanges: boolean, command: Command): Promise<void> {
  const out = cli.out(command);
  await cli.withApp(async (app) => {
    const run = await app.runOf(name);
    if (withChanges) {
      const waiting = await resumeWith(app, run);
      const subject = `campaign:${name}` as const;
      await note(cli, command, app, { action: 'change', subject, detail: { run: run.id, text: waiting } });
      out.say(
        `${pc.green('✓')} '${name}' goes on: ${waiting === 1 ? '1 letter that waits says' : `${waiting} letters that wait say`} what its files say now.`,
      );
      const { failed } = (await reportOf(app.ledger, run)).states;
      if (failed > 0)
        out.say(
          `  ${failed} failed before: \`dear campaign resolve ${name} --failed resend\` sends them again.`,
        );
    } else {
      if (!(await app.runs.resume(run.id))) throw await impossible(app, run, ['paused'], 'running');
      out.say(`${pc.green('✓')} '${name}' goes on.`);
    }
    out.data({ run: run.id, state: (await app.runOf(name)).state });
  });
}

async function resumeWith(app: App, run: Run): Promise<number> {
  if (run.state !== 'paused') throw await impossible(app, run, ['paused'], 'running');
  const waiting = await app.runs.resumeWith(run.id, await app.newText(run));
  if (waiting !== undefined) return waiting;
  const now = (await app.runs.byId(run.id)) ?? run;
  throw now.state === 'paused' ? overError(now) : await impossible(app, run, ['paused'], 'running');
}

function steer(
  family: Command,
  cli: Cli,
  verb: string,
  about: string,
  act: (app: App, run: Run) => Promise<string>,
): void {
  family
    .command(`${verb} <name>`)
    .description(about)
    .action(async (name: string, _options, command: Command) => {
      const out = cli.out(command);
      await cli.withApp(async (app) => {
        const run = await app.runOf(name);
        out.say(`${pc.green('✓')} ${await act(app, run)}`);
        out.data({ run: run.id, state: (await app.runOf(name)).state });
      });
    });
}

async function stepOr(app: App, run: Run, from: readonly Run['state'][], to: Run['state']): Promise<void> {
  if (!(await app.runs.step(run.id, from, to))) throw await impossible(app, run, from, to);
}

async function impossible(
  app: App,
  run: Run,
  from: readonly Run['state'][],
  to: Run['state'],
): Promise<DearError> {
  const now = (await app.runs.byId(run.id))?.state ?? run.state;
  const resend = `Letters that failed go again with \`dear campaign resolve ${run.campaign} --failed resend\`.`;
  return new DearError('campaign.state', `'${run.campaign}' is ${now}, so it cannot become ${to}.`, {
    mend: `That is possible while it is ${from.join(' or ')}.${now === 'finished' && to === 'running' ? ` ${resend}` : ''}`,
  });
}
