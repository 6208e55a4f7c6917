import { type Command, InvalidArgumentError } from 'commander';
import { DearError } from '../../errors.ts';
import { describeRule } from '../../segments/describe.ts';
import { isMoment, momentOf } from '../../segments/moment.ts';
import type { Member } from '../../segments/port.ts';
import { readSegmentFile } from '../../segments/segment.ts';
import { note } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { type Output, printable } from '../output.ts';
import { sayWarnings, warningsData } from '../warnings.ts';
import { exportSegment } from './segment-export.ts';

const EXAMPLES = 10;
const count = new Intl.NumberFormat('en');

/** `dear segments`: try a rule, and keep the ones that are used. */
export const segments: Register = (program, cli) => {
  const family = program.command('segments').description('rules that pick customers');
  family
    .command('check')
    .argument('<file>', 'segment as JSON or YAML')
    .option('--at <moment>', 'as of a day (its first instant, UTC), an instant, or 30d ago; default now')
    .description('count who fits a segment file, show ten of them, and warn of words that nothing has')
    .action((file: string, options: { at?: string }, command: Command) => check(cli, file, options, command));
  family
    .command('save')
    .argument('<file>', 'segment as JSON or YAML')
    .description('keep a segment, so that campaigns and other segments can name it')
    .action((file: string, _options, command: Command) => save(cli, file, command));
  family
    .command('list')
    .description('list the saved segments')
    .action((_options, command: Command) => list(cli, command));
  family
    .command('show')
    .argument('<name>')
    .option('--sample <n>', 'count its members, and show so many of them', sampleSize)
    .description('show a saved segment')
    .action((name: string, options: { sample?: number }, command: Command) =>
      show(cli, name, options, command),
    );
  family
    .command('export')
    .argument('<name>')
    .option('--out <file>', 'write to a file; default: standard output')
    .option('--format <format>', 'csv or jsonl; default: by the name of the file, else csv')
    .option('--attributes <names>', 'only these attributes, with commas between them; default: all')
    .description(
      'write the members of a saved segment, with their external ids and attributes, as CSV or JSON Lines; in CSV an ' +
        'apostrophe guards what a spreadsheet would run, and `dear profiles import --guarded` takes it off again',
    )
    .action((name: string, options: ExportOptions, command: Command) =>
      exportMembers(cli, name, options, command),
    );
  family
    .command('remove')
    .argument('<name>')
    .description('remove a saved segment')
    .action((name: string, _options, command: Command) => remove(cli, name, command));
};

async function check(cli: Cli, file: string, options: { at?: string }, command: Command): Promise<void> {
  const out = cli.out(command);
  const at = asOf(options.at, Date.now(), cli.config().timeZone);
  const { name, rule } = await readSegmentFile(file);
  const [members, examples, warnings] = await cli.withApp(async (app) => {
    const shown = await app.segments.sample(rule, at, EXAMPLES);
    const detail = { profiles: shown.length };
    await note(cli, command, app, { action: 'read', subject: `segment:${name}`, detail });
    return [await app.segments.count(rule, at), shown, await app.warningsAbout(rule)] as const;
  });
  const inWords = describeRule(rule);
  out.say(`${name}: ${inWords}`);
  out.say(
    `As of ${new Date(at).toISOString()}: ${count.format(members)} ${members === 1 ? 'profile fits' : 'profiles fit'}.`,
  );
  sayWarnings(out, warnings);
  sayExamples(out, examples);
  const asked = new Date(at).toISOString();
  out.data({ name, inWords, at: asked, count: members, examples, warnings: warningsData(warnings) });
}

function sayExamples(out: Output, examples: readonly Member[]): void {
  if (examples.length === 0) return;
  out.say();
  out.table(
    ['id', 'e-mail'],
    examples.map(({ id, email }) => [String(id), email ?? 'none']),
  );
}

/** The instant that a rule is evaluated at: a day means its first instant, so `within 90d` are the 90 days before. */
function asOf(moment: string | undefined, now: number, zone: string): number {
  if (moment === undefined) return now;
  if (isMoment(moment)) return momentOf(moment, now, zone).from;
  throw new DearError('segment.at', `--at ${JSON.stringify(moment.slice(0, 60))} is no moment.`, {
    kind: 'usage',
    mend: "Give a day (2011-09-30), an instant (2011-09-30T12:00:00Z) or '30d ago'.",
  });
}

async function save(cli: Cli, file: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const segment = await readSegmentFile(file);
  const [result, warnings] = await cli.withApp(
    async (app) =>
      [await app.segments.save(segment, Date.now()), await app.warningsAbout(segment.rule)] as const,
  );
  const { name } = segment;
  out.say(
    result === 'unchanged' ? `The segment ${name} is saved already.` : `The segment ${name} was ${result}.`,
  );
  sayWarnings(out, warnings);
  out.data({ name, result, warnings: warningsData(warnings) });
}

async function list(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const saved = await cli.withApp(({ segments: store }) => store.list());
  const rows = saved.map(({ name, about, rule, follow, updatedAt }) => ({
    name,
    about: about ?? null,
    inWords: describeRule(rule),
    follow,
    updatedAt: new Date(updatedAt).toISOString(),
  }));
  if (rows.length === 0) out.say('No segment is saved yet: dear segments save FILE.');
  else {
    out.table(
      ['name', 'about', 'followed', 'rule'],
      rows.map(({ name, about, follow, inWords }) => [
        name,
        about ?? '',
        follow ? 'yes' : '',
        shortened(inWords),
      ]),
    );
  }
  out.data(rows);
}

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

async function show(cli: Cli, name: string, options: { sample?: number }, command: Command): Promise<void> {
  const out = cli.out(command);
  const { sample } = options;
  const [segment, members, examples] = await cli.withApp(async ({ segments: store }) => {
    const found = await store.get(name);
    if (sample === undefined) return [found, undefined, []] as const;
    const now = Date.now();
    return [found, await store.count(found.rule, now), await store.sample(found.rule, now, sample)] as const;
  });
  const { about, rule, follow, followedAt } = segment;
  out.say(about === undefined ? name : `${name}: ${printable(about)}`);
  out.say(describeRule(rule));
  if (follow) out.say(followedInWords(followedAt));
  if (members === undefined) out.say(`\n${JSON.stringify(rule, null, 2)}`);
  else out.say(`${count.format(members)} ${members === 1 ? 'profile fits' : 'profiles fit'} now.`);
  sayExamples(out, examples);
  out.data({
    name,
    about: about ?? null,
    inWords: describeRule(rule),
    rule,
    follow,
    followedAt: followedAt === undefined ? null : new Date(followedAt).toISOString(),
    updatedAt: new Date(segment.updatedAt).toISOString(),
    ...(members === undefined ? {} : { count: members, examples }),
  });
}

const followedInWords = (at: number | undefined) =>
  at === undefined
    ? 'It is followed; the first look, by `dear up` or `dear work follow`, is still to come.'
    : `It is followed; last look ${new Date(at).toISOString()}.`;

interface ExportOptions {
  readonly out?: string;
  readonly format?: string;
  readonly attributes?: string;
}

async function exportMembers(
  cli: Cli,
  name: string,
  options: ExportOptions,
  command: Command,
): Promise<void> {
  const out = cli.out(command);
  const file = options.out;
  const format = formatOf(options, out.json);
  const attributes = attributesOf(options);
  const written = await cli.withApp(async (app) => {
    const { rule } = await app.segments.get(name);
    const profiles = await exportSegment(app.segments, { rule, now: Date.now(), format, attributes, file });
    await note(cli, command, app, { action: 'export', subject: `segment:${name}`, detail: { profiles } });
    return profiles;
  });
  if (file === undefined) return;
  out.say(
    `${count.format(written)} ${written === 1 ? 'profile' : 'profiles'} of ${name} written to ${file}.`,
  );
  out.data({ name, file, format, count: written });
}

function attributesOf({ attributes }: ExportOptions): readonly string[] | undefined {
  if (attributes === undefined) return undefined;
  const names = attributes.split(',').map((name) => name.trim());
  const wanted = [...new Set(names.filter((name) => name !== ''))];
  if (wanted.length > 0) return wanted;
  throw new DearError('segment.attributes', '--attributes names no attribute.', {
    kind: 'usage',
    mend: 'Write --attributes country,city; leave it out for all.',
  });
}

function formatOf({ out, format }: ExportOptions, json: boolean): 'csv' | 'jsonl' {
  const guessed = /\.(jsonl|ndjson)$/i.test(out ?? '') || (json && out === undefined) ? 'jsonl' : 'csv';
  const wanted = format ?? guessed;
  if (wanted === 'csv' || wanted === 'jsonl') return wanted;
  throw new DearError('segment.format', `There is no format ${JSON.stringify(wanted.slice(0, 40))}.`, {
    kind: 'usage',
    mend: 'Write --format csv or --format jsonl.',
  });
}

function sampleSize(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size > 0 && size <= 10_000) return size;
  throw new InvalidArgumentError('It must be a whole number from 1 to 10000.');
}

async function remove(cli: Cli, name: string, command: Command): Promise<void> {
  const out = cli.out(command);
  await cli.withApp(({ segments: store }) => store.remove(name));
  out.say(`The segment ${name} was removed.`);
  out.data({ name, result: 'removed' });
}
