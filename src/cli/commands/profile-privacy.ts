import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { DearError, messageOf } from '../../errors.ts';
import { normaliseEmail } from '../../profiles/email.ts';
import type { Erasure } from '../../profiles/privacy.ts';
import type { Cli } from '../cli.ts';
import { type Output, printable } from '../output.ts';

/** `dear profile export` and `dear profile erase`: what a customer may ask for. */
export function profilePrivacy(family: Command, cli: Cli): void {
  family
    .command('export')
    .argument('<customer>', 'e-mail address or profile id')
    .option('--out <file>', 'write it to a file, which only you may read; default: to standard output')
    .description('everything that is stored about a customer, as one JSON document to hand over')
    .action((who: string, flags: { out?: string }, command: Command) => exportOne(cli, who, flags, command));
  family
    .command('erase')
    .argument('<customer>', 'e-mail address or profile id')
    .option('--yes', 'really do it: nothing brings it back')
    .description('erase a customer for good; reports keep their counts, and no import brings them back')
    .action((who: string, flags: { yes?: boolean }, command: Command) => eraseOne(cli, who, flags, command));
}

async function exportOne(cli: Cli, who: string, flags: { out?: string }, command: Command): Promise<void> {
  const out = cli.out(command);
  const person = await cli.withApp(async (app) =>
    app.privacy.export(await profileIdOf(app, who), cli.actor(command)),
  );
  const text = `${JSON.stringify(person, null, 2)}\n`;
  if (flags.out === undefined) {
    process.stdout.write(text);
    return;
  }
  const path = resolve(cli.cwd, flags.out);
  await writeFile(path, text, { mode: 0o600 }).catch((cause: unknown) => {
    throw new DearError('profile.export', `${path} cannot be written: ${messageOf(cause)}.`, {
      mend: 'Give --out a file in a folder that this user may write to.',
      cause,
    });
  });
  out.say(
    `Everything about profile ${person.profile.id} is in ${path}. It is personal: hand it over, then delete it.`,
  );
  out.data({ profile: person.profile.id, file: path, bytes: Buffer.byteLength(text) });
}

async function eraseOne(cli: Cli, who: string, flags: { yes?: boolean }, command: Command): Promise<void> {
  const out = cli.out(command);
  if (flags.yes !== true) {
    throw new DearError('profile.erase-unsure', 'Erasing cannot be undone, so it has to be said twice.', {
      kind: 'usage',
      mend: `\`dear profile export ${who} --out FILE\` shows what would go; add --yes to erase it.`,
    });
  }
  const erasure = await cli.withApp(async (app) =>
    app.privacy.erase(await profileIdOf(app, who), cli.actor(command)),
  );
  printErasure(out, erasure);
  out.data(erasure);
}

const words: Readonly<Record<string, string>> = {
  profiles: 'profiles removed',
  events: 'events removed',
  consents: 'consents removed',
  consentChanges: 'statements about consent removed',
  externalIds: 'external ids removed',
  arrivals: 'mails and hits removed',
  sends: 'letters made anonymous',
  suppressions: 'suppressions replaced by a mark',
  audit: 'audit entries emptied of details',
  mergedProfiles: 'ids of merged profiles removed',
};

function printErasure(out: Output, erasure: Erasure): void {
  out.say(`Profile ${erasure.profileId} is erased.\n`);
  out.table(
    ['what', ''],
    [
      ...Object.entries(erasure.removed).map(([table, count]): [string, number] => [
        words[table] ?? `${table} removed`,
        count,
      ]),
      ['marks kept, so that no import brings them back', erasure.marks],
    ],
  );
  if (erasure.skipped > 0) out.say(`\nLetters that still waited are skipped: ${erasure.skipped}.`);
  if (erasure.unknown > 0) {
    out.say(
      `\nLetters that were on their way: ${erasure.unknown}. They count as unknown and may still arrive.`,
    );
  }
  for (const mention of erasure.mentions)
    out.say(`\nStill named in ${printable(mention)}: change it by hand.`);
  out.say(
    '\nOut of reach: backups of the database, files that were imported or exported, and the files of refused rows beside them. Delete or clean those yourself.',
  );
}

/** @throws DearError `profile.unknown` or `profile.usage` */
async function profileIdOf(app: App, who: string): Promise<number> {
  if (/^[1-9]\d{0,14}$/.test(who)) return Number(who);
  const email = normaliseEmail(who);
  if (email === undefined) {
    throw new DearError('profile.usage', `'${who}' is neither an e-mail address nor the id of a profile.`, {
      kind: 'usage',
      mend: 'Write it like ann@example.com, or 4711.',
    });
  }
  const id = (await app.profiles.idsOf([email])).get(email);
  if (id !== undefined) return id;
  if ((await app.people.erasedAmong([email])).size > 0) {
    throw new DearError('profile.erased', `The person with the address ${email} was erased.`, {
      mend: `If they ask to come back themselves: \`dear suppressions remove ${email}\`, then import them.`,
    });
  }
  throw new DearError('profile.unknown', `No profile has the address ${email}.`, {
    mend: 'Check the spelling.',
  });
}
