import type { Command } from 'commander';
import pc from 'picocolors';
import type { App } from '../../app.ts';
import type { PlannedSend, Run } from '../../campaigns/port.ts';
import { reportOf } from '../../campaigns/report.ts';
import { DearError } from '../../errors.ts';
import type { Cli, Register } from '../cli.ts';
import type { Output } from '../output.ts';
import { progressBar } from '../progress.ts';
import { sayRefusals } from '../status.ts';
import { sayWarnings, warningsData } from '../warnings.ts';
import { campaignFiles } from './campaign-files.ts';
import { campaignSteering } from './campaign-steering.ts';

/** `dear campaign …`: launch, pause, resume, cancel, status, list, check. */
export const campaign: Register = (program, cli) => {
  const family = program.command('campaign').description('launch a campaign and steer it');
  family
    .command('launch <name>')
    .description('plan the letters of templates/campaigns/NAME and queue them')
    .option('--again', 'launch it once more although it was launched before')
    .option(
      '--send',
      'also send the letters from this process, and wait until they are gone; once more, it sends what is left',
    )
    .action((name: string, options: LaunchOptions, command: Command) =>
      launchCommand(cli, name, options, command),
    );
  family
    .command('status [name]')
    .description('how far a campaign is; without a name, all of them')
    .action((name: string | undefined, _options, command: Command) => {
      const out = cli.out(command);
      return cli.withApp(async (app) => {
        const { showStatus } = await import('../status.ts');
        return showStatus(app, out, name);
      });
    });
  campaignSteering(family, cli);
  campaignFiles(family, cli);
};

interface LaunchOptions {
  readonly again?: boolean;
  readonly send?: boolean;
}

async function launchCommand(
  cli: Cli,
  name: string,
  options: LaunchOptions,
  command: Command,
): Promise<void> {
  const out = cli.out(command);
  await cli.withApp(async (app) => {
    if (options.send) return launchAndSend(app, out, name, options.again === true);
    const run = await app.launch(name, options.again === true);
    const counts = await planHere(app, run);
    sayPlan(out, run, counts);
    const warnings = await sayDoubts(app, out, run);
    if (counts.queued > 0)
      out.say(`
The letters leave as soon as a worker runs: \`dear up\`, or \`dear work\`.`);
    out.data({ run: run.id, campaign: run.campaign, ...counts, warnings });
  });
}

/** Nothing is launched when it could not be sent; what was launched like this before, and waits, goes on. */
async function launchAndSend(app: App, out: Output, name: string, again: boolean): Promise<void> {
  const { readyToSend, sendHere } = await import('../send-here.ts');
  const queues = await readyToSend(app);
  const { run, counts, warnings } = await launchOrGoOn(app, out, name, again).catch(
    async (error: unknown) => {
      await queues.close();
      throw error;
    },
  );
  const left = await sendHere(app, out, run.id, queues);
  const report = await reportOf(app.ledger, run);
  const { accepted, failed } = report.states;
  if (accepted > 0)
    out.say(
      `\n${pc.green('✓')} Servers took ${accepted === 1 ? '1 letter' : `${accepted} letters`}: \`dear report ${run.campaign}\` shows what comes of them.`,
    );
  const refusals = await sayRefusals(app, out, report);
  out.data({ ...counts, warnings, ...report, refusals });
  if (left !== undefined) throw left;
  if (accepted === 0 && failed > 0) throw allFailed(run.campaign);
}

function allFailed(campaign: string): DearError {
  return new DearError('send.all-failed', `No letter of '${campaign}' was accepted.`, {
    mend: `\`dear campaign status ${campaign}\` shows what the servers said.`,
  });
}

interface Launched {
  readonly run: Run;
  /** Undefined when it was launched before. */
  readonly counts: PlanCounts | undefined;
  readonly warnings: ReturnType<typeof warningsData>;
}

async function launchOrGoOn(app: App, out: Output, name: string, again: boolean): Promise<Launched> {
  const before = again ? undefined : await app.runs.newest(name);
  if (before?.state === 'running') {
    out.note(`'${name}' was launched before and runs (run ${before.id}): what waits is sent now.`);
    return { run: before, counts: undefined, warnings: [] };
  }
  const run = await app.launch(name, again);
  const counts = await planHere(app, run);
  sayPlan(out, run, counts);
  return { run, counts, warnings: await sayDoubts(app, out, run) };
}

/** Warns of words in the run's rules that nothing has. */
async function sayDoubts(app: App, out: Output, run: Run) {
  const warnings = await app.runWarnings(run);
  sayWarnings(out, warnings);
  return warningsData(warnings);
}

/** What planning decided, by state and reason. */
export interface PlanCounts {
  audience: number;
  queued: number;
  later: number;
  skipped: Record<string, number>;
}

/** Plans a run in this process, with a progress bar. An interrupted plan is taken up by any worker. */
export async function planHere(app: App, run: Run): Promise<PlanCounts> {
  const rule = run.plan.segment.rule;
  const bar = progressBar('Planning', await app.audienceSize(rule, run.plan.asOf), 'customers');
  const counts: PlanCounts = { audience: 0, queued: 0, later: 0, skipped: {} };
  const add = (sends: readonly PlannedSend[]) => {
    for (const send of sends) {
      counts.audience += 1;
      if (send.state === 'queued') counts.queued += 1;
      if (send.state === 'queued' && send.dueAt > Date.now() + 60_000) counts.later += 1;
      if (send.reason !== undefined) counts.skipped[send.reason] = (counts.skipped[send.reason] ?? 0) + 1;
    }
    bar.to(counts.audience);
  };
  const { planRun } = await import('../../campaigns/planner.ts');
  const { complete } = await planRun(app.planner, run.id, { onChunk: add }).finally(() => bar.end());
  if (!complete) {
    throw new DearError(
      'campaign.planning',
      `The planning of '${run.campaign}' was taken over by another process.`,
      {
        mend: `\`dear campaign status ${run.campaign}\` shows how far it is.`,
      },
    );
  }
  return counts;
}

function sayPlan(out: Output, run: Run, counts: PlanCounts): void {
  out.say(
    `${pc.green('✓')} '${run.campaign}' is launched (run ${run.id}) for the segment ${run.plan.segment.inWords}.\n`,
  );
  const later =
    counts.later > 0 ? [['of those, waiting for a free slot or the morning', counts.later] as const] : [];
  out.table(
    ['what was planned', 'customers'],
    [
      ['audience', counts.audience],
      ['letters queued', counts.queued],
      ...later,
      ...Object.entries(counts.skipped).map(([reason, count]) => [`no letter: ${reason}`, count] as const),
    ],
  );
  if (counts.audience === 0) {
    out.say(`\nNobody is in this segment. \`dear segments check FILE\` shows whom a rule finds.`);
  }
}
