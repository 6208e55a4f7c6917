import type { Command } from 'commander';
import type { App } from '../../app.ts';
import { DearError } from '../../errors.ts';
import { isTopic, readConsentState } from '../../profiles/consent.ts';
import { normaliseEmail } from '../../profiles/email.ts';
import {
  FREQUENCY_FORM,
  type PreferencesChange,
  QUIET_HOURS_FORM,
  readFrequency,
  readQuietHours,
  readTimeZone,
} from '../../profiles/preferences.ts';
import { sourceByHand } from '../../profiles/sources.ts';
import { readTime } from '../../profiles/times.ts';
import { wrongTopic } from '../../profiles/topics.ts';
import { nameOf } from '../../profiles/who.ts';
import { noteProfile } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { refuseMisspelt } from '../topics.ts';
import { findProfile, WHO } from '../who.ts';
import { dossierJson, printDossier } from './dossier-print.ts';
import { profilePrivacy } from './profile-privacy.ts';

const NEWEST = 20;
const EVERYTHING = 1_000_000;

interface SetFlags {
  readonly frequency?: string;
  readonly quiet?: string;
  readonly timeZone?: string;
  readonly pauseUntil?: string;
  readonly consent: string[];
}

/** `dear profile`: one customer. */
export const profile: Register = (program, cli) => {
  const family = program.command('profile').description('one customer');
  family
    .command('show')
    .argument('<who>', WHO)
    .option('--all', `the whole timeline, not only the newest ${NEWEST} events`)
    .description('show what is known about a customer: attributes, consent, preferences, timeline')
    .action((who: string, flags: { all?: boolean }, command: Command) => show(cli, who, flags, command));
  family
    .command('set')
    .argument('<who>', WHO)
    .option(
      '--frequency <limit>',
      "at most so many letters, such as '1 per week', 'unlimited', 'only important'; 'default' takes it back",
    )
    .option('--quiet <hours>', "hours without letters, such as 21:00-08:00; 'default' takes it back")
    .option('--time-zone <name>', "such as Europe/Berlin; 'default' takes it back")
    .option('--pause-until <date>', "no letters before this date; 'default' takes it back")
    .option(
      '--consent <topic=in|out>',
      'opt in to or out of a topic',
      (text, texts: string[]) => [...texts, text],
      [],
    )
    .description("change a customer's preferences and consent")
    .action((who: string, flags: SetFlags, command: Command) => set(cli, who, flags, command));
  profilePrivacy(family, cli);
  family
    .command('merge')
    .argument('<who>', 'the profile that stays')
    .argument('<other>', 'the profile that becomes part of it')
    .option('--why <reason>', 'for the timeline', 'a person decided it')
    .description('make two profiles of one person one; this cannot be undone')
    .action((who: string, other: string, flags: { why: string }, command: Command) =>
      merge(cli, who, other, flags.why, command),
    );
};

async function show(cli: Cli, who: string, flags: { all?: boolean }, command: Command): Promise<void> {
  const out = cli.out(command);
  const dossier = await cli.withApp(async (app) => {
    const { id } = await findProfile(app, who);
    await noteProfile(cli, command, app, 'read', id);
    return app.dossiers.read({ profileId: id, externalIds: [] }, flags.all ? EVERYTHING : NEWEST);
  });
  if (dossier === undefined) return;
  if (out.json) out.data(dossierJson(dossier));
  else printDossier(out, dossier);
}

async function set(cli: Cli, who: string, flags: SetFlags, command: Command): Promise<void> {
  const out = cli.out(command);
  const change = preferencesOf(flags);
  const statements = flags.consent.map(consentOf);
  if (Object.keys(change).length === 0 && statements.length === 0) {
    throw usage(
      'There is nothing to set.',
      'Give --frequency, --quiet, --time-zone, --pause-until or --consent.',
    );
  }
  const { found, changed } = await cli.withApp(async (app) => {
    const found = await findProfile(app, who);
    await refuseMisspelt(
      app,
      statements.map(({ topic }) => topic),
    );
    const now = Date.now();
    const preferences = await app.profiles.setPreferences(found.id, change, now);
    const before = await standingsOf(app, found.id);
    await app.consents.changeMany(
      statements.map((statement) => ({
        ...statement,
        profileId: found.id,
        at: now,
        source: sourceByHand,
      })),
      now,
    );
    const fields = [...Object.keys(change), ...statements.map(({ topic }) => `consent to ${topic}`)];
    await noteProfile(cli, command, app, 'change', found.id, { fields });
    const after = await standingsOf(app, found.id);
    const consented = statements.some(({ topic }) => before.get(topic) !== after.get(topic));
    return { found, changed: preferences || consented };
  });
  out.say(changed ? `${nameOf(found)} was changed.` : `${nameOf(found)} was like that already.`);
  out.data({ id: found.id, email: found.email ?? null, changed });
}

/** Where a profile stands with each topic. */
async function standingsOf({ consents }: Pick<App, 'consents'>, id: number) {
  return new Map((await consents.of(id)).map(({ topic, state }) => [topic, state]));
}

async function merge(cli: Cli, who: string, other: string, why: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const { survivor, merged, done } = await cli.withApp(async (app) => {
    const [survivor, merged] = [await findProfile(app, who), await findProfile(app, other)];
    const note = { by: 'dear profile merge', why: why.slice(0, 500) };
    const done = await app.identities.merge(survivor.id, merged.id, note, Date.now());
    await noteProfile(cli, command, app, 'merge', survivor.id, { merged: merged.id });
    return { survivor, merged, done };
  });
  out.say(
    `${nameOf(merged)} (profile ${merged.id}) is part of ${nameOf(survivor)} (profile ${survivor.id}) now: ${done.events} events and ${done.sends} sends moved.`,
  );
  out.say(
    '`dear profile show` tells it on the timeline; the old id and address lead to the profile that stays.',
  );
  out.data({ ...done, email: done.email ?? null });
}

/** @throws DearError `profile.address` */
export function addressOf(text: string): string {
  const address = normaliseEmail(text);
  if (address === undefined)
    throw usage(`'${text}' is not an e-mail address.`, 'Write it like ann@example.com.');
  return address;
}

function preferencesOf(flags: SetFlags): PreferencesChange {
  return {
    ...(flags.frequency && {
      frequency: read(flags.frequency, readFrequency, '--frequency', FREQUENCY_FORM),
    }),
    ...(flags.quiet && { quietHours: read(flags.quiet, readQuietHours, '--quiet', QUIET_HOURS_FORM) }),
    ...(flags.timeZone && { timeZone: read(flags.timeZone, readTimeZone, '--time-zone', "'Europe/Berlin'") }),
    ...(flags.pauseUntil && {
      pausedUntil: read(
        flags.pauseUntil,
        (text) => readTime(text, { timeZone: 'UTC' }),
        '--pause-until',
        "'2026-12-31'",
      ),
    }),
  };
}

function read<T>(
  text: string,
  reader: (text: string) => T | undefined,
  option: string,
  form: string,
): T | null {
  if (text === 'default') return null;
  const value = reader(text);
  if (value === undefined)
    throw usage(`${option} '${text}' cannot be read.`, `Write it like ${form}, or 'default'.`);
  return value;
}

function consentOf(text: string) {
  const equals = text.indexOf('=');
  const topic = text.slice(0, Math.max(equals, 0));
  const state = readConsentState(text.slice(equals + 1));
  if (equals < 0 || state === undefined)
    throw usage(`--consent '${text}' cannot be read.`, 'Write it like offers=in.');
  if (!isTopic(topic)) throw wrongTopic(topic);
  return { topic, state };
}

function usage(message: string, mend: string): DearError {
  return new DearError('profile.usage', message, { kind: 'usage', mend });
}
