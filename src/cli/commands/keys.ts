import { type Command, Option } from 'commander';
import pc from 'picocolors';
import { makeKey, type Scope, type StoredKey, scopes } from '../../access/keys.ts';
import { DearError } from '../../errors.ts';
import { note } from '../audit.ts';
import type { Cli, Register } from '../cli.ts';
import { printable } from '../output.ts';

const names = Object.keys(scopes).filter((name): name is Scope => Object.hasOwn(scopes, name));
const meanings = names.map((name) => `  ${name.padEnd(9)} ${scopes[name]}`).join('\n');

/** `dear keys`: who may use the HTTP API. */
export const keys: Register = (program, cli) => {
  const family = program.command('keys').description('keys of the HTTP API');
  family
    .command('add')
    .argument('<name>')
    .addOption(
      new Option('--scope <scope...>', 'what it may do; several are allowed')
        .choices(names)
        .default(['events', 'profiles'], 'events profiles'),
    )
    .description('make a key; it is shown once')
    .addHelpText('after', `\nScopes:\n${meanings}\n`)
    .action((name: string, flags: { scope: Scope[] }, command: Command) =>
      add(cli, name, flags.scope, command),
    );
  family
    .command('list')
    .description('list the keys, when they were used, and what for')
    .option('--all', 'revoked ones too')
    .action((flags: { all?: boolean }, command: Command) => list(cli, flags.all === true, command));
  family
    .command('revoke')
    .argument('<name>')
    .description('end a key; it stops working within ten seconds')
    .action((name: string, _flags, command: Command) => revoke(cli, name, command));
};

async function add(cli: Cli, name: string, allowed: readonly Scope[], command: Command): Promise<void> {
  const out = cli.out(command);
  const { secret, key } = makeKey(name, [...new Set(allowed)], Date.now());
  const isAdded = await cli.withApp(async (app) => {
    if (!(await app.keys.add(key))) return false;
    const detail = { added: key.id, name, scopes: [...key.scopes] };
    await note(cli, command, app, { action: 'change', subject: 'keys', detail });
    return true;
  });
  if (!isAdded) {
    throw new DearError('key.taken', `There is a key named '${name}' already.`, {
      mend: `Choose another name, or end that one with \`dear keys revoke ${name}\`.`,
    });
  }
  out.say(`${pc.green('✓')} The key '${name}' may: ${allowed.map((scope) => scopes[scope]).join('; ')}.`);
  out.say(`\n  ${pc.bold(secret)}\n`);
  out.say('Keep it now: it is not stored and cannot be shown again.');
  out.say(`Try it:  curl -H "Authorization: Bearer ${secret.slice(0, 12)}…" \\`);
  out.say(
    `           --json '{"type":"order","email":"ann@example.com","id":"o-1"}' ${cli.config().publicUrl}/api/events`,
  );
  out.data({ name, id: key.id, scopes: allowed, secret });
}

async function list(cli: Cli, all: boolean, command: Command): Promise<void> {
  const out = cli.out(command);
  const found = (await cli.withApp((app) => app.keys.list())).filter(
    (key) => all || key.revokedAt === undefined,
  );
  if (found.length === 0)
    out.say('There are no keys yet. `dear keys add shop --scope events profiles` makes one.');
  else {
    out.table(
      ['name', 'key', 'may', 'stored', 'refused', 'last used', 'state'],
      found.map((key) => [
        key.name,
        `dear_${key.id}_…`,
        key.scopes.join(', '),
        key.stored,
        key.refused,
        key.usedAt === undefined ? 'never' : iso(key.usedAt),
        key.revokedAt === undefined ? 'works' : `revoked ${iso(key.revokedAt)}`,
      ]),
    );
    for (const key of found) {
      if (key.lastRefusal !== undefined)
        out.say(`Refused last, by ${key.name}: ${printable(key.lastRefusal)}`);
    }
  }
  out.data({ keys: found.map(shown) });
}

async function revoke(cli: Cli, name: string, command: Command): Promise<void> {
  const out = cli.out(command);
  const isRevoked = await cli.withApp(async (app) => {
    const working = (await app.keys.list()).find((key) => key.name === name && key.revokedAt === undefined);
    if (working === undefined || !(await app.keys.revoke(name, Date.now()))) return false;
    const detail = { revoked: working.id, name };
    await note(cli, command, app, { action: 'change', subject: 'keys', detail });
    return true;
  });
  if (!isRevoked) {
    throw new DearError('key.unknown', `There is no key named '${name}' that works.`, {
      mend: '`dear keys list` shows those that do.',
    });
  }
  out.say(`The key '${name}' is revoked; it stops working within ten seconds.`);
  out.data({ revoked: name });
}

const iso = (at: number) => new Date(at).toISOString();

function shown({ hash: _hash, ...key }: StoredKey) {
  return {
    ...key,
    createdAt: iso(key.createdAt),
    usedAt: key.usedAt === undefined ? null : iso(key.usedAt),
    revokedAt: key.revokedAt === undefined ? null : iso(key.revokedAt),
    lastRefusal: key.lastRefusal ?? null,
  };
}
