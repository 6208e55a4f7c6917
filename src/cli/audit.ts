import { basename } from 'node:path';
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { type AuditAction, type AuditNote, profileSubject } from '../profiles/audit.ts';
import type { Cli } from './cli.ts';

/** Notes in the audit log what a command did; ids, counts and names of fields in `detail`, never their values. */
export function note(
  cli: Cli,
  command: Command,
  app: Pick<App, 'audit'>,
  what: Omit<AuditNote, 'actor'>,
): Promise<void> {
  return app.audit.add({ ...what, actor: cli.actor(command) });
}

/** The same about one profile. */
export function noteProfile(
  cli: Cli,
  command: Command,
  app: Pick<App, 'audit'>,
  action: AuditAction,
  profileId: number,
  detail?: AuditNote['detail'],
): Promise<void> {
  return note(cli, command, app, { action, subject: profileSubject(profileId), detail });
}

/** Runs an import and notes what it did, also when it ended half-way. */
export async function noteImport<
  R extends { readonly rows: number; readonly added: number; readonly refused: number },
>(
  cli: Cli,
  command: Command,
  app: Pick<App, 'audit'>,
  subject: AuditNote['subject'],
  file: string,
  work: () => Promise<R>,
): Promise<R> {
  const about = { action: 'import' as const, subject };
  try {
    const report = await work();
    const { rows, added, refused } = report;
    await note(cli, command, app, { ...about, detail: { file: basename(file), rows, added, refused } });
    return report;
  } catch (error) {
    await note(cli, command, app, { ...about, detail: { file: basename(file), interrupted: true } });
    throw error;
  }
}
