import type { Command } from 'commander';
import { stringify } from 'csv-stringify/sync';
import pc from 'picocolors';
import { type Report, reportOf } from '../../campaigns/report.ts';
import type { Rate } from '../../campaigns/wilson.ts';
import { reasonInWords } from '../../delivery/refusal-words.ts';
import type { Register } from '../cli.ts';
import type { Output } from '../output.ts';

/** `dear report NAME`: what came of a campaign, by variant. */
export const report: Register = (program, cli) => {
  program
    .command('report <campaign>')
    .description('what came of a campaign, by variant, with 95% intervals')
    .option('--csv', 'print the variants as CSV')
    .action(async (name: string, options: { csv?: boolean }, command: Command) => {
      const out = cli.out(command);
      await cli.withApp(async (app) => {
        const result = await reportOf(app.ledger, await app.runOf(name));
        if (options.csv) process.stdout.write(reportCsv(result));
        else {
          printReport(out, result);
          out.data(result);
        }
      });
    });
};

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;
const cell = (rate: Rate) =>
  rate.of === 0 ? '–' : `${rate.count}  ${percent(rate.rate)} (${percent(rate.low)} – ${percent(rate.high)})`;

/** The report for people. */
export function printReport(out: Output, result: Report): void {
  const { states } = result;
  out.say(
    `${pc.bold(result.campaign)} (run ${result.run}), launched ${result.launchedAt.slice(0, 16).replace('T', ' ')} UTC, is ${result.state}.\n`,
  );
  const reasons = [
    ...Object.entries(result.skipped),
    ...Object.entries(result.failed).map(([why, n]) => [`failed: ${reasonInWords(why)}`, n] as const),
  ];
  out.table(
    ['audience', 'accepted', 'skipped', 'deferred', 'failed', 'unknown', 'waiting'],
    [
      [
        result.audience,
        states.accepted,
        states.skipped,
        states.deferred,
        states.failed,
        states.unknown,
        states.queued + states.sending,
      ],
    ],
  );
  const given = reasons.filter(([, count]) => count > 0);
  if (given.length > 0) {
    out.say('');
    out.table(
      ['no letter because', 'customers'],
      given.map(([reason, count]) => [reason, count]),
    );
  }
  out.say('');
  out.table(
    ['variant', 'accepted', 'opened', 'clicked', 'answered', 'unsubscribed'],
    result.variants.map((row) => [
      row.variant,
      row.accepted,
      cell(row.opened),
      cell(row.clicked),
      cell(row.replied),
      cell(row.unsubscribed),
    ]),
  );
  out.say(
    pc.dim(
      '\nEach customer counts once. In brackets: the 95% interval (Wilson) of the share of accepted letters.',
    ),
  );
}

/** One row a variant; shares between 0 and 1. */
function reportCsv(result: Report): string {
  const rates = ['opened', 'clicked', 'replied', 'unsubscribed'] as const;
  const head = [
    'campaign',
    'run',
    'variant',
    'planned',
    'accepted',
    ...rates.flatMap((name) => [name, `${name}_rate`, `${name}_low`, `${name}_high`]),
  ];
  const rows = result.variants.map((row) => [
    result.campaign,
    result.run,
    row.variant,
    row.planned,
    row.accepted,
    ...rates.flatMap((name) => [row[name].count, row[name].rate, row[name].low, row[name].high]),
  ]);
  return stringify([head, ...rows], { escape_formulas: true });
}
