import { type Command, InvalidArgumentError } from 'commander';
import { DearError } from '../../errors.ts';
import { suppressionMapping } from '../../profiles/import/mapping.ts';
import { checkMapping, readMappingFile, readPairs } from '../../profiles/import/mapping-file.ts';
import { importSuppressions } from '../../profiles/import/suppressions.ts';
import { note } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { type ImportFlags, importInto, importOptions, withFlags } from './import-run.ts';
import { addressOf } from './profile.ts';
import { exportSuppressions } from './suppressions-export.ts';

type Flags = ImportFlags & { readonly reason: string };

/** `dear suppressions`: addresses that must not be mailed. */
export const suppressions: Register = (program, cli) => {
  const family = program.command('suppressions').description('addresses that must not be mailed, and why');
  family
    .command('add')
    .argument('<emails...>')
    .option('--reason <reason>', 'why', 'added by hand')
    .description('never mail these addresses again')
    .action((emails: string[], flags: { reason: string }, command: Command) =>
      add(cli, emails, flags.reason, command),
    );
  family
    .command('remove')
    .argument('<email>')
    .description('allow mailing an address again')
    .action((email: string, _flags, command: Command) => remove(cli, email, command));
  family
    .command('list')
    .option('--limit <count>', 'how many at most', positive, 100)
    .description('list suppressed addresses, the newest first')
    .action((flags: { limit: number }, command: Command) => list(cli, flags.limit, command));
  importOptions(family.command('import').description('suppress the addresses of a file of any size'))
    .option('--reason <reason>', 'why, for rows that do not say', 'imported')
    .action((file: string, flags: Flags, command: Command) => importFile(cli, file, flags, command));
  family
    .command('export')
    .argument('[file]', 'where to; default standard output')
    .description('write all suppressed addresses as CSV (JSON Lines with --json), which `import` reads')
    .action((file: string | undefined, _flags, command: Command) => exportSuppressions(cli, command, file));
};

async function importFile(cli: Cli, file: string, flags: Flags, command: Command): Promise<void> {
  const base = flags.mapping === undefined ? {} : await readMappingFile(flags.mapping, suppressionMapping);
  const mapping = checkMapping(
    withFlags({ ...base, ...Object.fromEntries(readPairs(flags.map)) }, flags),
    suppressionMapping,
    'of file and options together',
  );
  const what = { ...flags, things: 'suppressions' } as const;
  await importInto(cli, command, file, what, (app, options) =>
    importSuppressions(app.suppressions, mapping, flags.reason, options),
  );
}

async function add(cli: Cli, emails: string[], reason: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const addresses = emails.map(addressOf);
  const at = Date.now();
  const added = await cli.withApp(async (app) => {
    const fresh = await app.suppressions.add(
      addresses.map((address) => ({ address, reason, source: 'dear suppressions add', at })),
    );
    await note(cli, command, app, { action: 'change', subject: 'suppressions', detail: { added: fresh } });
    return fresh;
  });
  out.say(`${added} added, ${addresses.length - added} suppressed already.`);
  out.data({ added, known: addresses.length - added });
}

async function remove(cli: Cli, email: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const address = addressOf(email);
  const removed = await cli.withApp(async (app) => {
    const isPlain = await app.suppressions.remove(address);
    // Whoever was erased and asks for it may come back: then all marks of theirs go.
    const isMark = await app.people.readmit(address);
    if (!isPlain && !isMark) return false;
    await note(cli, command, app, { action: 'change', subject: 'suppressions', detail: { removed: 1 } });
    return true;
  });
  if (!removed) {
    throw new DearError('suppression.unknown', `The address ${address} is not suppressed.`, {
      mend: '`dear suppressions list` shows those that are.',
    });
  }
  out.say(`${address} is no longer suppressed.`);
  out.data({ removed: address });
}

async function list(cli: Cli, limit: number, command: Command): Promise<void> {
  const out = cli.out(command);
  const [entries, total] = await cli.withApp(async (app) => {
    const found = await app.suppressions.list(limit);
    await note(cli, command, app, {
      action: 'read',
      subject: 'suppressions',
      detail: { rows: found.length },
    });
    return [found, await app.suppressions.count()] as const;
  });
  const iso = (at: number) => new Date(at).toISOString();
  out.table(
    ['address', 'reason', 'source', 'since'],
    entries.map((entry) => [entry.address, entry.reason, entry.source, iso(entry.at)]),
  );
  out.say(`\n${total} suppressed in all.`);
  out.data({ total, suppressions: entries.map((entry) => ({ ...entry, at: iso(entry.at) })) });
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}
