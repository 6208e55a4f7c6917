import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { App } from '../../app.ts';
import { DearError, messageOf } from '../../errors.ts';
import { attributeColumn, EXTERNAL_IDS, externalIdColumn, OWN_ID } from '../../profiles/export-columns.ts';
import { formulaSafe } from '../../profiles/formula-safe.ts';
import type { ExternalId } from '../../profiles/identity.ts';
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
  const columns = wish.format === 'jsonl' ? undefined : await columnsOf(store, wish);
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
      const csv = stringify({ header: true, columns: headerOf(columns).map(formulaSafe) });
      return pipeline(source, csv, target, { end: target !== process.stdout });
    });
  } finally {
    bar.end();
  }
  return written;
}

/** The columns of a CSV file after id and address. */
interface Columns {
  /** The first, second and so on (from 0) of a source's ids. */
  readonly externalIds: readonly { readonly source: string; readonly place: number }[];
  readonly attributes: readonly string[];
}

async function columnsOf(store: App['segments'], { rule, now, attributes }: ExportWish): Promise<Columns> {
  const names = new Set(attributes);
  const sources = new Map<string, number>();
  for await (const members of store.export(rule, now)) {
    for (const member of members) {
      if (attributes === undefined) for (const name of Object.keys(member.attributes)) names.add(name);
      for (const [source, ids] of bySource(member.externalIds))
        sources.set(source, Math.max(ids.length, sources.get(source) ?? 0));
    }
    if (names.size > MOST_COLUMNS)
      throw tooMany('attributes', 'Name the ones you want: --attributes country,city; or export');
  }
  const externalIds = [...sources]
    .sort()
    .flatMap(([source, most]) => Array.from({ length: most }, (_, place) => ({ source, place })));
  if (externalIds.length > MOST_COLUMNS) throw tooMany('columns of external ids', 'Export');
  return { externalIds, attributes: attributes ?? [...names].sort() };
}

function tooMany(what: string, mend: string): DearError {
  return new DearError('segment.columns', `These profiles have more than ${MOST_COLUMNS} ${what}.`, {
    kind: 'usage',
    mend: `${mend} JSON Lines: --format jsonl.`,
  });
}

function bySource(ids: readonly ExternalId[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { source, value } of ids) found.set(source, [...(found.get(source) ?? []), value]);
  return found;
}

function headerOf({ externalIds, attributes }: Columns): string[] {
  const ids = externalIds.map(({ source, place }) => externalIdColumn(source, place + 1));
  return [OWN_ID, 'email', ...ids, ...attributes.map(attributeColumn)];
}

function cells({ id, email, externalIds, attributes }: ExportedMember, columns: Columns): unknown[] {
  const ids = bySource(externalIds);
  return [
    id,
    formulaSafe(email),
    ...columns.externalIds.map(({ source, place }) => formulaSafe(ids.get(source)?.[place] ?? '')),
    ...columns.attributes.map((name) =>
      formulaSafe(cell(Object.hasOwn(attributes, name) ? attributes[name] : undefined)),
    ),
  ];
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function jsonLine(member: ExportedMember, wanted: readonly string[] | undefined): string {
  const { id, email, externalIds, attributes } = member;
  const picked =
    wanted === undefined
      ? attributes
      : Object.fromEntries(
          wanted.filter((name) => Object.hasOwn(attributes, name)).map((name) => [name, attributes[name]]),
        );
  const ids = externalIds.length === 0 ? {} : { [EXTERNAL_IDS]: Object.fromEntries(bySource(externalIds)) };
  return `${JSON.stringify({ id, email, ...ids, attributes: picked })}\n`;
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
