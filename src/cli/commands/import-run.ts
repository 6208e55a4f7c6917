import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { beFrugal } from '../../frugal.ts';
import type { ImportOptions, ImportReport } from '../../profiles/import/import.ts';
import { noteImport } from '../audit.ts';
import type { Cli } from '../cli.ts';
import type { Output } from '../output.ts';
import { type Progress, progressBar } from '../progress.ts';

/** Options that all importers have. */
export interface ImportFlags {
  readonly map: string[];
  readonly mapping?: string;
  readonly format?: 'csv' | 'jsonl';
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly guarded?: boolean;
  readonly timeZone?: string;
  readonly dateFormat?: string;
  readonly strict?: boolean;
  readonly refusedTo?: string;
}

const collect = (text: string, texts: string[]) => [...texts, text];

/** Declares the options that all importers have. */
export function importOptions(command: Command): Command {
  return command
    .argument('<file>', 'CSV or JSON Lines, packed with gzip or not; - for standard input')
    .option(
      '--map <pairs>',
      "columns by name, such as 'email=E-Mail,firstName=First name,externalIds.shop=Customer number'",
      collect,
      [],
    )
    .option('--mapping <file>', 'YAML or JSON file that says how rows are read')
    .option('--format <format>', 'csv or jsonl; default: by name, then by the first line')
    .option('--delimiter <character>', 'what stands between fields; default: found in the header')
    .option('--encoding <name>', 'such as windows-1252; default utf-8')
    .option(
      '--guarded',
      'a file that Dear exported: id is its own, and in CSV an apostrophe before = + - @ its guard',
    )
    .option('--time-zone <name>', 'zone of dates without one, such as Europe/London; default UTC')
    .option('--date-format <format>', 'such as dd.MM.yyyy; default ISO 8601, or seconds since 1970')
    .option('--refused-to <folder>', 'where refused rows are written; default: beside the file')
    .option('--strict', 'exit with 1 when any row was refused');
}

/** The mapping with what the flags say about reading. */
export function withFlags<M extends { dates?: object | undefined }>(mapping: M, flags: ImportFlags) {
  const dates = {
    ...mapping.dates,
    ...(flags.timeZone && { timeZone: flags.timeZone }),
    ...(flags.dateFormat && { format: flags.dateFormat }),
  };
  return {
    ...mapping,
    dates,
    ...(flags.format && { format: flags.format }),
    ...(flags.delimiter && { delimiter: flags.delimiter === '\\t' ? '\t' : flags.delimiter }),
    ...(flags.encoding && { encoding: flags.encoding }),
    ...(flags.guarded && { guarded: true }),
  };
}

/** Percent; an import stays below 200 MB. */
const HEAP_GROWS_BY = 50;

interface What extends Pick<ImportFlags, 'refusedTo' | 'strict'> {
  readonly things: Things;
}

/** Runs the import of a file into the app: with a bar, Ctrl+C, an entry in the audit log, and its report printed. */
export function importInto(
  cli: Cli,
  command: Command,
  file: string,
  what: What,
  work: (app: App, options: ImportOptions) => Promise<ImportReport>,
): Promise<void> {
  beFrugal(HEAP_GROWS_BY);
  return cli.withApp((app) =>
    runImportCommand(cli, cli.out(command), file, what, (options) =>
      noteImport(cli, command, app, what.things, file, () => work(app, options)),
    ),
  );
}

/** Runs an import with a bar and Ctrl+C, and prints its report. */
async function runImportCommand(
  cli: Cli,
  out: Output,
  path: string,
  what: What,
  work: (options: ImportOptions) => Promise<ImportReport>,
): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  let bar: Progress | undefined;
  const started = performance.now();
  try {
    const report = await work({
      path,
      cwd: cli.cwd,
      dataDir: cli.config().dataDir,
      refusedTo: what.refusedTo,
      signal: stop.signal,
      onProgress: (read, size) => {
        if (size === undefined || out.json) return;
        bar ??= progressBar(`Importing ${what.things}`, Math.ceil(size / 1024), 'KB');
        bar.to(Math.ceil(read / 1024));
      },
    });
    bar?.end();
    printReport(out, what.things, report, (performance.now() - started) / 1000);
    const isAllRefused = report.rows > 0 && report.refused === report.rows;
    if (isAllRefused || (what.strict && report.refused > 0)) process.exitCode = 1;
  } finally {
    bar?.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

type Things = 'profiles' | 'events' | 'suppressions';

/** What the counts of a report are called. */
const words: Readonly<Record<Things, { added: string; unchanged: string; merged: string }>> = {
  profiles: {
    added: 'profiles added',
    unchanged: 'unchanged',
    merged: 'further rows of the same profiles',
  },
  events: {
    added: 'events added',
    unchanged: 'duplicates (known already)',
    merged: 'further rows of the same profiles',
  },
  suppressions: {
    added: 'addresses added',
    unchanged: 'suppressed already',
    merged: 'further rows of the same addresses',
  },
};

const RESTATED = 'of these: say something else than what is stored, which stays';

const count = new Intl.NumberFormat('en');

function printReport(out: Output, things: Things, report: ImportReport, seconds: number): void {
  out.say(
    `${report.file}: ${count.format(report.rows)} rows in ${seconds.toFixed(1)} s ` +
      `(${count.format(Math.round(report.rows / Math.max(seconds, 0.001)))} rows a second)`,
  );
  out.say();
  const line = (isShown: boolean, name: string, value: number): [string, number][] =>
    isShown ? [[name, value]] : [];
  const word = words[things];
  out.table(
    ['rows', ''],
    [
      [word.added, report.added],
      ...line(things === 'profiles', 'updated', report.updated),
      [word.unchanged, report.unchanged],
      ...line(report.restated > 0, RESTATED, report.restated),
      ...line(report.merged > 0, word.merged, report.merged),
      ...line(report.skipped > 0, 'passed over by the mapping', report.skipped),
      ['refused', report.refused],
      ...line(things === 'events', 'profiles added, without consent', report.profilesAdded),
    ],
  );
  if (report.refused > 0) {
    out.say();
    out.table(
      ['refused because', 'rows'],
      report.reasons.slice(0, 10).map(({ reason, count }) => [reason, count]),
    );
    out.say(`\nThe refused rows, each with its line and reason: ${report.refusedFile}`);
  }
  out.data({ ...countsOf(things, report), seconds: Number(seconds.toFixed(3)) });
}

function countsOf(things: Things, report: ImportReport): object {
  const { profilesAdded, updated, unchanged, restated, merged, ...rest } = report;
  if (things === 'events') return { ...rest, duplicates: unchanged, restated, profilesAdded };
  if (things === 'suppressions') return { ...rest, known: unchanged, merged };
  return { ...rest, updated, unchanged, merged };
}
