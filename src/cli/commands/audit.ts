import { type Command, InvalidArgumentError, Option } from 'commander';
import { DearError } from '../../errors.ts';
import { type AuditAction, type AuditEntry, auditActions, profileSubject } from '../../profiles/audit.ts';
import { normaliseEmail } from '../../profiles/email.ts';
import { readTime } from '../../profiles/times.ts';
import type { Cli, Register } from '../cli.ts';

interface Flags {
  readonly profile?: string;
  readonly actor?: string;
  readonly action?: AuditAction;
  readonly since?: number;
  readonly limit: number;
}

/** `dear audit list`: who read, exported, changed or erased what. */
export const audit: Register = (program, cli) => {
  program
    .command('audit')
    .description('who read, exported, changed or erased what')
    .command('list')
    .option(
      '--profile <customer>',
      'only about this customer: e-mail address, or profile id (also of an erased one)',
    )
    .option('--by <actor>', 'only by this actor')
    .addOption(new Option('--action <action>', 'only this action').choices([...auditActions]))
    .option('--since <date>', 'not before this date, or so long ago: 2026-11-01, 30d', moment)
    .option('--limit <count>', 'how many at most', positive, 100)
    .description('list the entries, the newest first')
    .action((flags: Flags & { by?: string }, command: Command) => list(cli, flags, command));
};

async function list(cli: Cli, flags: Flags & { by?: string }, command: Command): Promise<void> {
  const out = cli.out(command);
  const { action, since, limit } = flags;
  const entries = await cli.withApp(async (app) => {
    const subject =
      flags.profile === undefined ? undefined : profileSubject(await idOf(app.profiles, flags.profile));
    return app.audit.list({ subject, actor: flags.by, action, since, limit });
  });
  if (entries.length === 0)
    out.say('Nothing was noted. Reading, changing, exporting and erasing are, from now on.');
  else {
    out.table(
      ['when', 'who', 'did', 'with', 'detail'],
      entries.map((entry) => [iso(entry.at), entry.actor, entry.action, entry.subject, detailOf(entry)]),
    );
    if (entries.length === limit) out.say(`\nThere may be older ones: --limit ${limit * 10}`);
  }
  out.data(entries.map((entry) => ({ ...entry, at: iso(entry.at), detail: entry.detail ?? null })));
}

const iso = (at: number) => new Date(at).toISOString();

function detailOf({ detail }: AuditEntry): string {
  return Object.entries(detail ?? {})
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');
}

async function idOf(
  profiles: { idsOf(emails: string[]): Promise<Map<string, number>> },
  who: string,
): Promise<number> {
  if (/^[1-9]\d{0,14}$/.test(who)) return Number(who);
  const email = normaliseEmail(who);
  const id = email === undefined ? undefined : (await profiles.idsOf([email])).get(email);
  if (id !== undefined) return id;
  throw new DearError('audit.profile', `No profile has the address ${who}.`, {
    mend: 'Of an erased profile only the id is known: `dear audit list --action erase` shows it.',
  });
}

function moment(text: string): number {
  const ago = /^(\d{1,4})d$/.exec(text);
  const at = ago === null ? readTime(text, { timeZone: 'UTC' }) : Date.now() - Number(ago[1]) * 86_400_000;
  if (at === undefined) throw new InvalidArgumentError('It must be a date such as 2026-11-01, or 30d.');
  return at;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}
