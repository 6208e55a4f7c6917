import { relative } from 'node:path';
import pc from 'picocolors';
import { describeConfig } from '../../config.ts';
import type { Cli } from '../cli.ts';
import { printReport } from '../commands/report.ts';
import { type Output, printable } from '../output.ts';
import { CAMPAIGN } from './campaigns.ts';
import { wrapped } from './narrator.ts';
import type { DemoResult } from './result.ts';
import type { Stage } from './stage.ts';

/** The report, some reasons, three letters, and what to try next. */
export function sayResult(cli: Cli, out: Output, stage: Stage, result: DemoResult): void {
  const shown = (path: string) => shownPath(cli, path);
  out.say(`\n${pc.bold('The report')}\n`);
  printReport(out, result.report);
  out.say(`\n${pc.bold('Why a customer got the letter, or did not')}\n`);
  for (const { why } of result.told) out.say(`${wrapped(`  • ${printable(why)}`, 4)}\n`);
  out.say(
    `\n${pc.bold('Three letters to three customers')} (open them in a browser; the mail as it came is beside)\n`,
  );
  for (const { file, firstName, variant, subject } of result.letters) {
    out.say(`  ${shown(file)}\n    ${pc.dim(printable(`to ${firstName}, variant ${variant}: ${subject}`))}`);
  }
  out.say(`\n${pc.bold('To try next')}\n`);
  for (const command of commandsToTry(cli, stage, result)) out.say(`  ${command}`);
  out.say(pc.dim(`\nThat took ${result.seconds.toFixed(1)} s. Everything lies in ${shown(stage.folder)}.`));
}

/** What runs while the demo stays up. */
export function sayStaying(out: Output, { app, faces, mailbox }: Stage): void {
  const { publicUrl } = app.config;
  out.say(`\n${pc.bold('It stays up')} until Ctrl-C: links in the letters work, and opening one counts.\n`);
  out.say(`  links lead to     ${publicUrl}/`);
  out.say(`  replies come to   127.0.0.1:${faces.inboundPort} over SMTP`);
  out.say(`  letters leave by  127.0.0.1:${mailbox.port} over SMTP, to the mailbox of all customers`);
}

function commandsToTry(cli: Cli, stage: Stage, { told, letters, prepared }: DemoResult): string[] {
  const dear = `${overrides(cli)}DATA_DIR=${quoted(shownPath(cli, stage.folder))} npx dear`;
  const email = told[0]?.email ?? letters[0]?.email ?? '';
  return [
    `${dear} report ${CAMPAIGN}`,
    `${dear} profile show ${email}`,
    `${dear} why ${email} ${CAMPAIGN}`,
    `${dear} send show ${letters[0]?.sendId} --text`,
    `${dear} segments check ${quoted(shownPath(cli, prepared.files.segment))}`,
  ];
}

/** Settings of this place that would lead the command past the demo's own folder are emptied for it. */
function overrides(cli: Cli): string {
  const leading = ['DATABASE_URL', 'QUEUE_URL', 'SECRET'];
  return describeConfig(cli.environment, cli.cwd)
    .filter(({ name, source }) => leading.includes(name) && source !== 'default')
    .map(({ name }) => `${name}= `)
    .join('');
}

/** Relative where that is shorter to read. */
function shownPath(cli: Cli, path: string): string {
  const short = relative(cli.cwd, path);
  return short.startsWith('..') ? path : short;
}

const quoted = (text: string) => (/^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
