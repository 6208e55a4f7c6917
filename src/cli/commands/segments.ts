import type { Command } from 'commander';
import { DearError } from '../../errors.ts';
import { describeRule } from '../../segments/describe.ts';
import { isMoment, momentOf } from '../../segments/moment.ts';
import { readSegmentFile } from '../../segments/segment.ts';
import type { Cli, Register } from '../cli.ts';
import { printable } from '../output.ts';

const EXAMPLES = 10;
const count = new Intl.NumberFormat('en');

/** `dear segments`: try a rule, and keep the ones that are used. */
export const segments: Register = (program, cli) => {
  const family = program.command('segments').description('rules that pick customers');
  family
    .command('check')
    .argument('<file>', 'segment as JSON or YAML')
    .option('--at <moment>', 'as of a day (its first instant, UTC), an instant, or 30d ago; default now')
    .description('count who fits a segment file, and show ten of them')
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
    .description('show a saved segment')
    .action((name: string, _options, command: Command) => show(cli, name, command));
  family
    .command('remove')
    .argument('<name>')
    .description('remove a saved segment')
    .action((name: string, _options, command: Command) => remove(cli, name, command));
};

async function check(cli: Cli, file: string, options: { at?: string }, command: Command): Promise<void> {
  const out = cli.out(command);
  const at = asOf(options.at, Date.now());
  const { name, rule } = await readSegmentFile(file);
  const [members, examples] = await cli.withApp(async ({ segments: store }) => [
    await store.count(rule, at),
    await store.sample(rule, at, EXAMPLES),
  ]);
  const inWords = describeRule(rule);
  out.say(`${name}: ${inWords}`);
  out.say(
    `As of ${new Date(at).toISOString()}: ${count.format(members)} ${members === 1 ? 'profile fits' : 'profiles fit'}.`,
  );
  if (examples.length > 0) {
    out.say();
    out.table(
      ['id', 'e-mail'],
      examples.map(({ id, email }) => [String(id), email ?? 'none']),
    );
  }
  out.data({ name, inWords, at: new Date(at).toISOString(), count: members, examples });
}

/** The instant that a rule is evaluated at: a day means its first instant, so `within 90d` are the 90 days before. */
function asOf(moment: string | undefined, now: number): number {
  if (moment === undefined) return now;
  if (isMoment(moment)) return momentOf(moment, now).from;
  throw new DearError('segment.at', `--at ${JSON.stringify(moment.slice(0, 60))} is no moment.`, {
    kind: 'usage',
    mend: "Give a day (2011-09-30), an instant (2011-09-30T12:00:00Z) or '30d ago'.",
  });
}

async function save(cli: Cli, file: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const segment = await readSegmentFile(file);
  const result = await cli.withApp(({ segments: store }) => store.save(segment, Date.now()));
  const { name } = segment;
  out.say(
    result === 'unchanged' ? `The segment ${name} is saved already.` : `The segment ${name} was ${result}.`,
  );
  out.data({ name, result });
}

async function list(cli: Cli, command: Command): Promise<void> {
  const out = cli.out(command);
  const saved = await cli.withApp(({ segments: store }) => store.list());
  const rows = saved.map(({ name, about, rule, updatedAt }) => ({
    name,
    about: about ?? null,
    inWords: describeRule(rule),
    updatedAt: new Date(updatedAt).toISOString(),
  }));
  if (rows.length === 0) out.say('No segment is saved yet: dear segments save FILE.');
  else {
    out.table(
      ['name', 'about', 'rule'],
      rows.map(({ name, about, inWords }) => [name, about ?? '', shortened(inWords)]),
    );
  }
  out.data(rows);
}

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

async function show(cli: Cli, name: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const segment = await cli.withApp(({ segments: store }) => store.get(name));
  const { about, rule } = segment;
  out.say(about === undefined ? name : `${name}: ${printable(about)}`);
  out.say(describeRule(rule));
  out.say(`\n${JSON.stringify(rule, null, 2)}`);
  out.data({
    name,
    about: about ?? null,
    inWords: describeRule(rule),
    rule,
    updatedAt: new Date(segment.updatedAt).toISOString(),
  });
}

async function remove(cli: Cli, name: string, command: Command): Promise<void> {
  const out = cli.out(command);
  await cli.withApp(({ segments: store }) => store.remove(name));
  out.say(`The segment ${name} was removed.`);
  out.data({ name, result: 'removed' });
}
