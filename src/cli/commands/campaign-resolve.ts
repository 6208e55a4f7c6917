import { type Command, Option } from 'commander';
import pc from 'picocolors';
import type { App } from '../../app.ts';
import type { Run } from '../../campaigns/port.ts';
import { resendFailed } from '../../delivery/resend.ts';
import { DearError } from '../../errors.ts';
import type { JsonObject } from '../../profiles/json.ts';
import { note } from '../audit.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';

interface ResolveOptions {
  readonly unknown?: 'accept' | 'resend';
  readonly failed?: 'resend';
  readonly withChanges?: boolean;
}

/** `dear campaign resolve`: what becomes of letters whose answer never came, and of those that were refused. */
export function campaignResolve(family: Command, cli: Cli): void {
  family
    .command('resolve <name>')
    .description('decide on letters whose answer never came, or that were refused')
    .addOption(
      new Option(
        '--unknown <what>',
        'letters that may have arrived: count them as accepted, or send them again',
      ).choices(['accept', 'resend']),
    )
    .addOption(
      new Option(
        '--failed <what>',
        'letters that were refused for what they are, or for who sends them: send them again',
      ).choices(['resend']),
    )
    .option('--with-changes', 'with --failed: letters that have not left say what the files say now')
    .action((name: string, options: ResolveOptions, command: Command) =>
      resolveCommand(cli, name, options, command),
    );
}

async function resolveCommand(
  cli: Cli,
  name: string,
  options: ResolveOptions,
  command: Command,
): Promise<void> {
  const { unknown, failed, withChanges = false } = options;
  if ((unknown === undefined) === (failed === undefined) || (withChanges && failed === undefined)) {
    throw new DearError('campaign.resolve', 'It is not said which letters are to be resolved, and how.', {
      kind: 'usage',
      mend: 'Write one of --unknown accept, --unknown resend, --failed resend, or --failed resend --with-changes.',
    });
  }
  const out = cli.out(command);
  await cli.withApp(async (app) => {
    const run = await app.runOf(name);
    if ((failed ?? unknown) === 'resend' && isOver(run)) throw overError(run);
    const done =
      unknown === undefined
        ? await resolveFailed(app, out, run, withChanges)
        : await resolveUnknown(app, out, run, unknown);
    await note(cli, command, app, {
      action: 'change',
      subject: `campaign:${name}`,
      detail: { run: run.id, ...done },
    });
    out.data({ run: run.id, ...done });
  });
}

async function resolveUnknown(
  app: App,
  out: Output,
  run: Run,
  how: 'accept' | 'resend',
): Promise<JsonObject> {
  const count = await app.runs.resolveUnknown(run.id, how);
  const done =
    how === 'accept'
      ? 'count as accepted now'
      : 'wait to be sent again; whoever got the first one gets a second';
  out.say(
    count === 0
      ? `'${run.campaign}' has no unknown letters.`
      : `${pc.green('✓')} ${count} letters of '${run.campaign}' ${done}.`,
  );
  return { resolved: count, how };
}

async function resolveFailed(app: App, out: Output, run: Run, withChanges: boolean): Promise<JsonObject> {
  const text = withChanges ? await app.newText(run) : undefined;
  const done = await resendFailed(app.runs, run.id, text);
  if (done === undefined) throw overError((await app.runs.byId(run.id)) ?? run);
  const { resent, left } = done;
  const says = withChanges ? ', and say what the files of the campaign say now' : '';
  out.say(
    resent === 0
      ? `'${run.campaign}' has no failed letters that could go again.`
      : `${pc.green('✓')} ${resent === 1 ? '1 letter' : `${resent} letters`} of '${run.campaign}' that no server took wait to be sent again${says}.`,
  );
  for (const [why, count] of Object.entries(left)) out.say(`  ${count} stay failed: ${why}.`);
  const { state } = (await app.runs.byId(run.id)) ?? run;
  if (resent > 0 && state === 'paused')
    out.say(`  It is paused: \`dear campaign resume ${run.campaign}\` goes on.`);
  return { resolved: resent, how: 'resend', left };
}

const isOver = (run: Run) => run.state === 'cancelled' || run.validUntil < Date.now();

/** Letters of a campaign that is over are sent no more. */
export function overError(run: Run): DearError {
  const why = run.state === 'cancelled' ? 'cancelled' : 'no longer worth sending';
  return new DearError(
    'campaign.over',
    `The letters of '${run.campaign}' cannot be sent any more: the campaign is ${why}.`,
    {
      mend: `Launch it once more (\`dear campaign launch ${run.campaign} --again\`), which writes to everyone of its segment; letters whose answer never came count as accepted with \`dear campaign resolve ${run.campaign} --unknown accept\`.`,
    },
  );
}
