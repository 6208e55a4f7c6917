import type { Command } from 'commander';
import { enforceRetention, previewRetention } from '../../profiles/expiry.ts';
import { inWords } from '../../profiles/retention.ts';
import type { Cli, Register } from '../cli.ts';
import { progressBar } from '../progress.ts';

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
  const { found, periods } = await cli.withApp(async (app) => ({
    found: await previewRetention(app.expiry, app.retention, Date.now()),
    periods: app.retention.periods,
  }));
  const rest = periods.some(({ of }) => of === '*') ? '' : '; everything else for ever';
  const kept = periods.map(({ of, ms }) => `${of === '*' ? 'all other events' : of} ${inWords(ms)}`);
  out.say(`Kept: ${kept.join(', ')}${rest}.\n`);
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

async function enforce(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    const gone = await cli.withApp(async (app) => {
      const found = await previewRetention(app.expiry, app.retention, Date.now());
      const total = found.reduce((sum, { count }) => sum + count, 0);
      const bar = out.json || total === 0 ? undefined : progressBar('Removing', total, 'rows');
      let done = 0;
      try {
        return await enforceRetention(app, app.retention, {
          now: Date.now(),
          by: cli.actor(command),
          signal: stop.signal,
          onProgress: (removed) => {
            done += removed;
            bar?.to(done);
          },
        });
      } finally {
        bar?.end();
      }
    });
    const rows = Object.entries(gone);
    if (rows.length === 0) out.say('Nothing is too old.');
    else out.table(['what', 'removed'], rows);
    out.data({ removed: gone, interrupted: stop.signal.aborted });
    if (stop.signal.aborted) process.exitCode = 1;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
