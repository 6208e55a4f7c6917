import { workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { serveThread } from '../thread.ts';

export interface Query {
  readonly sql: string;
  readonly params: readonly unknown[];
}

export type ReaderAsk =
  /** Several queries on one snapshot; the chunk has one list of rows a query. */
  | { readonly kind: 'together'; readonly queries: readonly Query[] }
  | {
      readonly kind: 'open';
      readonly scan: number;
      readonly sql: string;
      readonly params: readonly unknown[];
      readonly chunkSize: number;
    }
  | { readonly kind: 'next' | 'close'; readonly scan: number };

export interface Chunk {
  readonly rows: unknown[];
  readonly done: boolean;
}

interface Scan {
  readonly rows: IterableIterator<unknown>;
  readonly chunkSize: number;
  end(): void;
}

function openHandle(cacheKiB: number): Sqlite.Database {
  const handle = new Sqlite(workerData.path, { readonly: true, timeout: 5000 });
  handle.pragma(`cache_size = -${cacheKiB}`);
  return handle;
}

/** One handle a scan: a handle of better-sqlite3 iterates one statement at a time. */
function open(sql: string, params: readonly unknown[], chunkSize: number): Scan {
  const handle = openHandle(16_384);
  const rows = handle.prepare(sql).iterate(...params);
  return {
    rows,
    chunkSize,
    end: () => {
      rows.return?.();
      handle.close();
    },
  };
}

function nextChunk(scan: Scan): Chunk {
  const rows: unknown[] = [];
  while (rows.length < scan.chunkSize) {
    const step = scan.rows.next();
    if (step.done) return { rows, done: true };
    rows.push(step.value);
  }
  return { rows, done: false };
}

const scans = new Map<number, Scan>();
const nothing: Chunk = { rows: [], done: true };

function close(id: number): void {
  scans.get(id)?.end();
  scans.delete(id);
}

const KEPT_STATEMENTS = 100;
let kept: Sqlite.Database | undefined;
const statements = new Map<string, Sqlite.Statement>();

/** On a handle that stays open: to open one and read the schema takes longer than most queries. */
function together(queries: readonly Query[]): unknown[][] {
  kept ??= openHandle(32_768);
  const handle = kept;
  if (statements.size > KEPT_STATEMENTS) statements.clear();
  return handle.transaction(() =>
    queries.map(({ sql, params }) => {
      const statement = statements.get(sql) ?? handle.prepare(sql);
      statements.set(sql, statement);
      return statement.all(...params);
    }),
  )();
}

await serveThread<ReaderAsk, Chunk>(async () => (ask) => {
  if (ask.kind === 'close') {
    close(ask.scan);
    return { answer: nothing };
  }
  if (ask.kind === 'together') return { answer: { rows: together(ask.queries), done: true } };
  try {
    if (ask.kind === 'open') scans.set(ask.scan, open(ask.sql, ask.params, ask.chunkSize));
    const scan = scans.get(ask.scan);
    const chunk = scan === undefined ? nothing : nextChunk(scan);
    if (chunk.done) close(ask.scan);
    return { answer: chunk };
  } catch (error) {
    close(ask.scan);
    throw error;
  }
});
