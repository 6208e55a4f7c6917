import type { Command } from 'commander';
import { importEvents } from '../../profiles/import/import.ts';
import { eventMapping } from '../../profiles/import/mapping.ts';
import {
  checkMapping,
  readMappingFile,
  readPairs,
  withEventPairs,
} from '../../profiles/import/mapping-file.ts';
import type { Cli, Register } from '../cli.ts';
import { type ImportFlags, importInto, importOptions, withFlags } from './import-run.ts';

type Flags = ImportFlags & { readonly type?: string; readonly profiles?: 'create' | 'refuse' };

/** `dear events import`: what happened, from a file. */
export const events: Register = (program, cli) => {
  const family = program.command('events').description('what happened to customers');
  importOptions(family.command('import').description('import events from a file of any size'))
    .option('--type <type>', 'type of all events in the file, such as order')
    .option('--profiles <how>', 'create (default) or refuse events of unknown addresses and external ids')
    .action((file: string, flags: Flags, command: Command) => run(cli, file, flags, command));
};

async function run(cli: Cli, file: string, flags: Flags, command: Command): Promise<void> {
  const base = flags.mapping === undefined ? {} : await readMappingFile(flags.mapping, eventMapping);
  const pairs = readPairs(flags.map);
  const mapped = pairs.length > 0 ? withEventPairs(base, pairs) : base;
  const more = {
    ...(flags.type && { type: flags.type }),
    ...(flags.profiles && { profiles: flags.profiles }),
  };
  const mapping = checkMapping(
    withFlags({ ...mapped, ...more }, flags),
    eventMapping,
    'of file and options together',
  );
  const what = { ...flags, things: 'events' } as const;
  await importInto(cli, command, file, what, (app, options) =>
    importEvents(app, mapping, { ...options, identities: app.identities }),
  );
}
