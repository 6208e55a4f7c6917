import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
import { DearError, messageOf } from '../../errors.ts';

/** Small, so that what is made of a chunk is gone before it grows old. */
const CHUNK = 65_536;
const GZIP = Buffer.from([0x1f, 0x8b]);

/** A file, or standard input, that is read once from start to end. */
export interface Source {
  /** What to call it in messages: the path, or `standard input`. */
  readonly name: string;
  /** Bytes on disk; undefined for standard input. */
  readonly size: number | undefined;
  /** Bytes that were read from the disk so far. */
  bytesRead(): number;
  /** The content, unpacked and in UTF-8. */
  readonly chunks: AsyncIterable<Buffer>;
  /** Closes the file, read or not. */
  close(): void;
}

/**
 * Opens a file for an import; `-` is `input`. gzip is recognised by its first bytes and unpacked.
 * @param encoding what TextDecoder calls the file's encoding; UTF-16 with a byte order mark needs no telling
 * @throws DearError `import.file` when it is missing, a folder, or not readable
 */
export async function openSource(
  path: string,
  encoding: string,
  input: AsyncIterable<Buffer | string> = process.stdin,
): Promise<Source> {
  const decoder = decoderOf(encoding);
  let read = 0;
  const counted = async function* (raw: AsyncIterable<Buffer | string>) {
    for await (const chunk of raw) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      read += bytes.length;
      yield bytes;
    }
  };
  const shared = { bytesRead: () => read };
  if (path === '-') {
    const name = 'standard input';
    return {
      ...shared,
      name,
      size: undefined,
      close: () => undefined,
      chunks: content(counted(input), name, decoder),
    };
  }
  const { size, stream } = await openFile(path);
  return {
    ...shared,
    name: path,
    size,
    close: () => stream.destroy(),
    chunks: content(counted(stream), path, decoder),
  };
}

async function openFile(path: string) {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) throw new Error('it is a folder');
    const handle = await open(path, 'r');
    return { size: facts.size, stream: handle.createReadStream({ highWaterMark: CHUNK }) };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'permission denied'
          : messageOf(cause);
    throw new DearError('import.file', `The file ${path} cannot be read: ${why}.`, {
      mend: 'Name a CSV or JSON Lines file, packed with gzip or not, or - for standard input.',
      cause,
    });
  }
}

function decoderOf(encoding: string): TextDecoder | undefined {
  if (/^utf-?8$/i.test(encoding)) return undefined;
  try {
    return new TextDecoder(encoding);
  } catch (cause) {
    throw new DearError('import.encoding', `The encoding '${encoding}' is unknown.`, {
      kind: 'usage',
      mend: 'Use utf-8, windows-1252, utf-16le or another name of the WHATWG Encoding Standard.',
      cause,
    });
  }
}

async function* content(raw: AsyncIterable<Buffer>, name: string, decoder: TextDecoder | undefined) {
  try {
    yield* transcoded(await unpacked(raw, name), name, decoder);
  } catch (cause) {
    if (cause instanceof DearError) throw cause;
    throw new DearError('import.read', `Reading ${name} failed: ${messageOf(cause)}.`, {
      mend: 'What was read before is stored; once the file is whole, import it again: nothing counts twice.',
      cause,
    });
  }
}

/** Unpacks gzip, which its first two bytes give away. */
async function unpacked(raw: AsyncIterable<Buffer>, name: string): Promise<AsyncIterable<Buffer>> {
  const iterator = raw[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done ? Buffer.alloc(0) : first.value;
  const whole = async function* () {
    try {
      yield head;
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  };
  if (head.subarray(0, 2).equals(GZIP)) return gunzipped(whole());
  if (name.endsWith('.gz') && head.length > 0)
    throw wrongKind(name, 'is named .gz but is not packed with gzip');
  if (head.subarray(0, 4).toString('latin1') === 'PK\u0003\u0004') {
    throw wrongKind(name, 'is a ZIP or Excel file');
  }
  return whole();
}

async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: CHUNK });
  // Errors of either side arrive at whoever reads gunzip; stopping early closes both.
  const feeding = pipeline(packed, gunzip).catch(() => undefined);
  try {
    yield* gunzip;
  } finally {
    gunzip.destroy();
    await feeding;
  }
}

async function* transcoded(chunks: AsyncIterable<Buffer>, name: string, given: TextDecoder | undefined) {
  let decoder = given;
  let first = true;
  for await (const chunk of chunks) {
    if (first && decoder === undefined) decoder = utf16(chunk);
    if (first && decoder === undefined && chunk.subarray(0, 1024).includes(0) && !chunk.includes(10)) {
      throw wrongKind(name, 'is no text');
    }
    first = false;
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode());
}

function utf16(head: Buffer): TextDecoder | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return new TextDecoder('utf-16le');
  if (head[0] === 0xfe && head[1] === 0xff) return new TextDecoder('utf-16be');
  return undefined;
}

function wrongKind(name: string, what: string): DearError {
  return new DearError('import.kind', `The file ${name} ${what}.`, {
    mend: 'Save it as CSV (UTF-8) or JSON Lines, packed with gzip or not.',
  });
}
