import type { Command } from 'commander';
import { isTopic } from '../../profiles/consent.ts';
import { importProfiles } from '../../profiles/import/import.ts';
import { profileMapping } from '../../profiles/import/mapping.ts';
import {
  checkMapping,
  readMappingFile,
  readPairs,
  withProfilePairs,
} from '../../profiles/import/mapping-file.ts';
import { makeIntake } from '../../profiles/make-intake.ts';
import { wrongTopic } from '../../profiles/topics.ts';
import type { Cli, Register } from '../cli.ts';
import { type ImportFlags, importInto, importOptions, withFlags } from './import-run.ts';

type Flags = ImportFlags & { readonly topic?: string };

/** `dear profiles import`: customers from a file. */
export const profiles: Register = (program, cli) => {
  const family = program.command('profiles').description('all customers');
  importOptions(family.command('import').description('import customers from a file of any size'))
    .option('--topic <topic>', 'each row opts in to this topic, unless the profile has opted out')
    .action((file: string, flags: Flags, command: Command) => run(cli, file, flags, command));
};

async function run(cli: Cli, file: string, flags: Flags, command: Command): Promise<void> {
  if (flags.topic !== undefined && !isTopic(flags.topic)) throw wrongTopic(flags.topic);
  const base = flags.mapping === undefined ? {} : await readMappingFile(flags.mapping, profileMapping);
  const pairs = readPairs(flags.map);
  const mapped = pairs.length > 0 ? withProfilePairs(base, pairs) : base;
  const consent = flags.topic === undefined ? {} : { consent: { ...mapped.consent, [flags.topic]: 'in' } };
  const mapping = checkMapping(
    withFlags({ ...mapped, ...consent }, flags),
    profileMapping,
    'of file and options together',
  );
  const what = { ...flags, things: 'profiles' } as const;
  await importInto(cli, command, file, what, async (app, options) => {
    const { identities } = app;
    const intake = makeIntake({ identities, store: app.intake });
    const meantTopic = await app.topicCheck.meant();
    return importProfiles(app.profiles, mapping, { ...options, identities, intake, meantTopic });
  });
}
