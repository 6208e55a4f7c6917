import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'csv-stringify/sync';
import { DearError, messageOf } from '../../errors.ts';
import { formulaSafe } from '../../profiles/formula-safe.ts';
import type { JsonObject } from '../../profiles/json.ts';
import type { Suppression } from '../../profiles/port.ts';
import { note } from '../audit.ts';
import type { Cli } from '../cli.ts';

/** Takes the text of one chunk after the other, no faster than it goes out. */
type Write = (text: string) => Promise<void>;

/**
 * Writes every suppression to a file, or to standard output, chunk by chunk. A file appears under its name only when
 * it is whole.
 * @throws DearError `export.file` when it cannot be written
 */
export async function exportSuppressions(
  cli: Cli,
  command: Command,
  file: string | undefined,
): Promise<void> {
  const out = cli.out(command);
  const format = out.json ? jsonLines : csv;
  const count = await cli.withApp(async (app) => {
    let written = 0;
    const noted = (detail: JsonObject) =>
      note(cli, command, app, { action: 'export', subject: 'suppressions', detail });
    const work = async (write: Write) => {
      await write(format.head);
      for await (const chunk of app.suppressions.all()) {
        await write(format.rows(chunk));
        written += chunk.length;
      }
      return written;
    };
    try {
      await (file === undefined ? work(toStandardOutput) : intoFile(resolve(cli.cwd, file), work));
    } catch (error) {
      await noted({ rows: written, interrupted: true });
      throw error;
    }
    await noted({ rows: written });
    return written;
  });
  if (file !== undefined) out.note(`${count} suppressed addresses were written to ${file}.`);
}

const iso = (at: number) => new Date(at).toISOString();

const csv = {
  head: stringify([['email', 'why', 'source', 'since']]),
  rows: (chunk: readonly Suppression[]) =>
    stringify(
      chunk.map(({ address, reason, source, at }) => [
        ...[address, reason, source].map(formulaSafe),
        iso(at),
      ]),
    ),
};

const jsonLines = {
  head: '',
  rows: (chunk: readonly Suppression[]) =>
    chunk
      .map(
        ({ address, reason, source, at }) =>
          `${JSON.stringify({ email: address, why: reason, source, since: iso(at) })}\n`,
      )
      .join(''),
};

async function toStandardOutput(text: string): Promise<void> {
  if (text !== '' && !process.stdout.write(text))
    await new Promise((done) => process.stdout.once('drain', done));
}

async function intoFile(path: string, work: (write: Write) => Promise<number>): Promise<number> {
  const half = `${path}.half`;
  let handle: FileHandle | undefined;
  try {
    // Addresses of customers: for the owner's eyes only.
    const opened = await open(half, 'w', 0o600);
    handle = opened;
    const count = await work((text) => opened.appendFile(text));
    await opened.close();
    handle = undefined;
    await rename(half, path);
    return count;
  } catch (cause) {
    await handle?.close();
    await rm(half, { force: true }).catch(() => undefined);
    if (cause instanceof DearError) throw cause;
    throw new DearError('export.file', `The file ${path} cannot be written: ${messageOf(cause)}.`, {
      mend: 'Name a file in a folder that this user may write to.',
      cause,
    });
  }
}
