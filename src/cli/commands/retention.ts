import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { enforceRetention, previewRetention } from '../../profiles/expiry.ts';
import { inWords, reservedNames, typesNamed } from '../../profiles/retention.ts';
import { type Warning, warningsAboutTypes } from '../../segments/warnings.ts';
import type { Cli, Register } from '../cli.ts';
import { printable } from '../output.ts';
import { progressBar } from '../progress.ts';
import { sayWarnings, warningsData } from '../warnings.ts';

/** `dear retention`: what is too old to be kept, and removing it now rather than at the next full hour. */
export const retention: Register = (program, cli) => {
  program
    .command('retention')
    .option('--dry-run', 'only show what would go')
    .description('remove what is older than RETENTION allows; workers do it by themselves once an hour')
    .action((flags: { dryRun?: boolean }, command: Command) =>
      flags.dryRun === true ? preview(cli, command) : enforce(cli, command),
    );
};

async function preview(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const { found, periods, warnings } = await cli.withApp(async (app) => ({
    found: await previewRetention(app.expiry, app.retention, Date.now()),
    periods: app.retention.periods,
    warnings: await doubts(app),
  }));
  const rest = periods.some(({ of }) => of === '*') ? '' : '; everything else for ever';
  const kept = periods.map(({ of, ms }) => `${of === '*' ? 'all other events' : of} ${inWords(ms)}`);
  out.say(`Kept: ${kept.join(', ')}${rest}.\n`);
  sayWarnings(out, warnings);
  // The answer for machines is a list of what would go, and has no room for them.
  if (out.json) for (const { message } of warnings) out.note(printable(message));
  const iso = (at: number | undefined) => (at === undefined ? null : new Date(at).toISOString());
  if (found.length > 0) {
    out.table(
      ['what', 'kept for', 'would go', 'the oldest is from'],
      found.map(({ of, period, count, oldest }) => [of, inWords(period), count, iso(oldest) ?? '']),
    );
  }
  const sum = found.reduce((total, { count }) => total + count, 0);
  out.say(sum === 0 ? '\nNothing is too old.' : '\nNothing was removed: leave --dry-run away for that.');
  out.data(found.map(({ oldest, period, ...rest }) => ({ ...rest, keptForMs: period, oldest: iso(oldest) })));
}

/** A period of a misspelt type keeps and removes nothing, which nobody would see. */
function doubts({ retention: kept, words }: Pick<App, 'retention' | 'words'>): Promise<Warning[]> {
  return warningsAboutTypes(typesNamed(kept), words, reservedNames);
}

async function enforce(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const { gone, warnings } = await cli.withApp(async (app) => {
      const warnings = await doubts(app);
      const found = await previewRetention(app.expiry, app.retention, Date.now());
      const total = found.reduce((sum, { count }) => sum + count, 0);
      const bar = out.json || total === 0 ? undefined : progressBar('Removing', total, 'rows');
      let done = 0;
      try {
        const gone = await enforceRetention(app, app.retention, {
          now: Date.now(),
          by: cli.actor(command),
          signal: stop.signal,
          onProgress: (removed) => {
            done += removed;
            bar?.to(done);
          },
        });
        return { gone, warnings };
      } finally {
        bar?.end();
      }
    });
    sayWarnings(out, warnings);
    const rows = Object.entries(gone);
    if (rows.length === 0) out.say('Nothing is too old.');
    else out.table(['what', 'removed'], rows);
    out.data({ removed: gone, interrupted: stop.signal.aborted, warnings: warningsData(warnings) });
    if (stop.signal.aborted) process.exitCode = 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
