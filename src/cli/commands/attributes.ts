import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { DearError } from '../../errors.ts';
import type { AttributeFacts, AttributeSurvey } from '../../profiles/attributes.ts';
import { note } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { type Output, printable } from '../output.ts';

const COMMON = 3;
const COMMON_OF_ONE = 20;
const VALUE_SHOWN = 24;

interface Flags {
  readonly common?: number;
}

/** `dear attributes`: what is known about customers, attribute by attribute. */
export const attributes: Register = (program, cli) => {
  program
    .command('attributes')
    .argument('[name]', 'only this attribute, with more of its values')
    .option('--common <number>', 'how many of the most frequent values to show', whole)
    .description("list customers' attributes with their types, how many have them, and common values")
    .action((name: string | undefined, flags: Flags, command: Command) => list(cli, name, flags, command));
};

async function list(cli: Cli, name: string | undefined, flags: Flags, command: Command): Promise<void> {
  const out = cli.out(command);
  const common = flags.common ?? (name === undefined ? COMMON : COMMON_OF_ONE);
  const survey = await cli.withApp(async (app) => {
    const found = await app.attributes.survey(common, name);
    const count = found.attributes.length;
    const detail = name === undefined ? { attributes: count } : { attribute: name };
    // The name of an attribute that nobody has is whatever somebody typed.
    if (name === undefined || count > 0)
      await note(cli, command, app, { action: 'read', subject: 'profiles', detail });
    return found;
  });
  if (name !== undefined && survey.attributes.length === 0) {
    throw new DearError('attribute.unknown', `No profile has an attribute '${name}'.`, {
      mend: '`dear attributes` lists those that there are.',
    });
  }
  out.data({
    profiles: survey.profiles,
    attributes: survey.attributes.map((one) => ({ ...one, fillRate: rate(one.filled, survey.profiles) })),
  });
  const [only] = survey.attributes;
  if (only === undefined) {
    out.say('No profile has attributes yet. `dear profiles import FILE` brings them in.');
  } else if (name === undefined) printAll(out, survey);
  else printOne(out, only, survey.profiles);
}

function printAll(out: Output, { profiles, attributes }: AttributeSurvey): void {
  out.table(
    ['attribute', 'type', 'profiles', 'filled', 'different', 'common values'],
    attributes.map((one) => [
      one.name,
      typesText(one),
      one.filled,
      percent(one.filled, profiles),
      one.distinct,
      one.common.map(({ value }) => short(value)).join(', '),
    ]),
  );
  const mixed = attributes.filter((one) => one.types.length > 1);
  if (mixed.length === 0) return;
  out.say();
  for (const one of mixed) out.say(mixedText(one));
}

function printOne(out: Output, one: AttributeFacts, profiles: number): void {
  out.say(
    `${pc.bold(printable(one.name))}: ${typesText(one)}; ${percent(one.filled, profiles)} of ${count.format(profiles)} profiles have it, with ${count.format(one.distinct)} different values.`,
  );
  if (one.types.length > 1) out.say(mixedText(one));
  out.say();
  out.table(
    ['value', 'type', 'profiles', 'of those who have it'],
    one.common.map(({ value, type, count }) => [short(value, 60), type, count, percent(count, one.filled)]),
  );
}

const count = new Intl.NumberFormat('en');

/** `number`, or `number 98.2%, text 1.8%`. */
function typesText({ types, filled }: AttributeFacts): string {
  const [only] = types;
  if (types.length === 1 && only !== undefined) return only.type;
  return types.map(({ type, count }) => `${type} ${percent(count, filled)}`).join(', ');
}

/** Rules compare like with like, so the rarer kind is easily overlooked. */
function mixedText({ name, types }: AttributeFacts): string {
  const [most, ...rest] = types;
  const others = rest.map((one) => `${one.type} in ${count.format(one.count)}`).join(', ');
  const type = most?.type ?? 'text';
  const mend = type === 'object' ? '' : ` \`types: {"${name}": ${type}}\` in the mapping refuses such rows.`;
  return pc.yellow(
    printable(
      `'${name}' is a ${type} in most profiles but ${others}: rules that compare it as a ${type} pass these over.${mend}`,
    ),
  );
}

function percent(part: number, whole: number): string {
  const share = rate(part, whole) * 100;
  if (share > 0 && share < 0.1) return '< 0.1%';
  if (share > 99.9 && share < 100) return '> 99.9%';
  return `${share.toFixed(1)}%`;
}

const rate = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

function short(value: string, most = VALUE_SHOWN): string {
  const characters = [...value];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : value;
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 999.');
  return Number(text);
}
