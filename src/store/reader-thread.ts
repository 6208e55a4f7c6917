import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

export type ToReader =
  | { id: number; kind: 'open'; sql: string; params: unknown[]; chunkSize: number }
  | { id: number; kind: 'next' }
  | { id: number; kind: 'close' };
export type FromReader =
  | { id: number; kind: 'rows'; rows: unknown[]; done: boolean }
  | { id: number; kind: 'failed'; message: string };

interface Scan {
  rows: IterableIterator<unknown>;
  chunkSize: number;
  end(): void;
}

/** One handle a scan: a handle of better-sqlite3 iterates one statement at a time. */
function open(path: string, sql: string, params: unknown[], chunkSize: number): Scan {
  const handle = new Sqlite(path, { readonly: true, timeout: 5000 });
  handle.pragma('cache_size = -65536');
  // Scans jump about in the file: mapped, a page that the system holds costs no call.
  handle.pragma('mmap_size = 2147418112');
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

function nextChunk(scan: Scan): { rows: unknown[]; done: boolean } {
  const rows: unknown[] = [];
  while (rows.length < scan.chunkSize) {
    const step = scan.rows.next();
    if (step.done) return { rows, done: true };
    rows.push(step.value);
  }
  return { rows, done: false };
}

const scans = new Map<number, Scan>();

function close(id: number): void {
  scans.get(id)?.end();
  scans.delete(id);
}

parentPort?.on('message', (message: ToReader) => {
  if (message.kind === 'close') return close(message.id);
  const { id } = message;
  try {
    if (message.kind === 'open') {
      scans.set(id, open(workerData.path, message.sql, message.params, message.chunkSize));
    }
    const scan = scans.get(id);
    const chunk = scan ? nextChunk(scan) : { rows: [], done: true };
    if (chunk.done) close(id);
    parentPort?.postMessage({ id, kind: 'rows', ...chunk } satisfies FromReader);
  } catch (error) {
    close(id);
    const text = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ id, kind: 'failed', message: text } satisfies FromReader);
  }
});
