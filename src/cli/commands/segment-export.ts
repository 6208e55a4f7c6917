import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { App } from '../../app.ts';
import { DearError, messageOf } from '../../errors.ts';
import { attributeColumn, OWN_ID } from '../../profiles/export-columns.ts';
import { formulaSafe } from '../../profiles/formula-safe.ts';
import type { ExportedMember } from '../../segments/port.ts';
import type { Rule } from '../../segments/rule.ts';
import { progressBar } from '../progress.ts';

/** What is written where. */
export interface ExportWish {
  readonly rule: Rule;
  /** ms since 1970. */
  readonly now: number;
  readonly format: 'csv' | 'jsonl';
  /** The attributes that become columns; undefined means all there are. */
  readonly attributes: readonly string[] | undefined;
  /** undefined means standard output. */
  readonly file: string | undefined;
}

const MOST_COLUMNS = 1000;

/**
 * Writes the members of a segment as a stream, memory does not grow with them. A file appears under its name once it
 * is whole.
 * @returns how many were written.
 */
export async function exportSegment(store: App['segments'], wish: ExportWish): Promise<number> {
  const columns =
    wish.format === 'jsonl' ? undefined : (wish.attributes ?? (await allAttributes(store, wish)));
  const bar = progressBar('exporting', await store.count(wish.rule, wish.now), 'profiles');
  let written = 0;
  async function* rows(): AsyncGenerator<unknown> {
    for await (const members of store.export(wish.rule, wish.now)) {
      for (const member of members) {
        yield columns === undefined ? jsonLine(member, wish.attributes) : cells(member, columns);
      }
      written += members.length;
      bar.to(written);
    }
  }
  try {
    await writeTo(wish.file, async (target) => {
      const source = Readable.from(rows());
      if (columns === undefined) return pipeline(source, target, { end: target !== process.stdout });
      const header = [OWN_ID, 'email', ...columns.map(attributeColumn)];
      const csv = stringify({ header: true, columns: header.map(formulaSafe) });
      return pipeline(source, csv, target, { end: target !== process.stdout });
    });
  } finally {
    bar.end();
  }
  return written;
}

async function allAttributes(store: App['segments'], { rule, now }: ExportWish): Promise<string[]> {
  const names = new Set<string>();
  for await (const members of store.export(rule, now)) {
    for (const { attributes } of members) for (const name of Object.keys(attributes)) names.add(name);
    if (names.size > MOST_COLUMNS) {
      throw new DearError('segment.columns', `These profiles have more than ${MOST_COLUMNS} attributes.`, {
        kind: 'usage',
        mend: 'Name the ones you want: --attributes country,city; or export JSON Lines: --format jsonl.',
      });
    }
  }
  return [...names].sort();
}

function cells({ id, email, attributes }: ExportedMember, columns: readonly string[]): unknown[] {
  return [
    id,
    formulaSafe(email),
    ...columns.map((name) =>
      formulaSafe(cell(Object.hasOwn(attributes, name) ? attributes[name] : undefined)),
    ),
  ];
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonLine({ id, email, attributes }: ExportedMember, wanted: readonly string[] | undefined): string {
  const picked =
    wanted === undefined
      ? attributes
      : Object.fromEntries(
          wanted.filter((name) => Object.hasOwn(attributes, name)).map((name) => [name, attributes[name]]),
        );
  return `${JSON.stringify({ id, email, attributes: picked })}\n`;
}

/** Whoever reads our output may stop when they have enough. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error;
}

async function writeTo(file: string | undefined, write: (target: Writable) => Promise<void>): Promise<void> {
  if (file === undefined) return write(process.stdout).catch(unlessClosed);
  const path = resolve(file);
  const part = `${path}.part`;
  try {
    await write(createWriteStream(part, { mode: 0o600 }));
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true });
    if (cause instanceof DearError) throw cause;
    throw new DearError('segment.export', `${file} cannot be written: ${messageOf(cause)}.`, {
      mend: 'Name a file in a folder that this user may write to.',
      cause,
    });
  }
}
