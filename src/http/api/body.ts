import { isUtf8 } from 'node:buffer';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { parse } from 'content-type';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DearError, messageOf } from '../../errors.ts';
import { MOST_BYTES } from './schemas.ts';

const unzip = promisify(gunzip);

/**
 * Reads JSON bodies, plain or gzipped, of the given content types. `__proto__` comes through as a key like any
 * other, for the schemas to refuse: an answer that names the item is worth more than a refused body.
 */
export function readBodies(http: FastifyInstance, types: readonly string[]): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser(
    [...types],
    { parseAs: 'buffer', bodyLimit: MOST_BYTES },
    async (request: FastifyRequest, body: Buffer) => {
      checkCharset(request.headers['content-type'] ?? '');
      return parseBody(isZipped(request) ? await unzipped(body) : body);
    },
  );
  // Without a body and its type nothing above is asked.
  http.addHook('preValidation', async (request: FastifyRequest) => {
    const isNothing = request.body === undefined || request.body === null;
    if (request.method === 'POST' && isNothing && !request.is404) throw wrongBody('it is empty');
  });
}

/** @throws DearError `api.media` when it is packed in another way than with gzip */
function isZipped(request: FastifyRequest): boolean {
  const encoding = (request.headers['content-encoding'] ?? '').trim();
  if (/^(identity)?$/i.test(encoding)) return false;
  if (/^(x-)?gzip$/i.test(encoding)) return true;
  throw new DearError(
    'api.media',
    `The body is packed with '${shown(encoding)}', which is not understood here.`,
    {
      kind: 'usage',
      mend: 'Send it as it is, or packed once with the header `Content-Encoding: gzip`.',
    },
  );
}

/** @throws DearError `api.media` when the header names another charset than that of JSON */
function checkCharset(contentType: string): void {
  const { charset } = parse(contentType).parameters;
  if (!charset || /^(utf-?8|us-ascii)$/i.test(charset)) return;
  throw new DearError(
    'api.media',
    `The body is said to be in '${shown(charset)}', and JSON is read in UTF-8.`,
    {
      kind: 'usage',
      mend: 'Send it in UTF-8, with the header `Content-Type: application/json`.',
    },
  );
}

const shown = (text: string) => text.slice(0, 40);

/** @throws DearError `api.body` saying what is wrong with it and where */
function parseBody(body: Buffer): unknown {
  if (body.length === 0) throw wrongBody('it is empty');
  if (!isUtf8(body)) throw wrongBody(`it is not UTF-8 (it goes wrong at byte ${firstWrongByte(body)})`);
  try {
    return JSON.parse(body.toString('utf8').replace(/^\ufeff/, ''));
  } catch (error) {
    throw wrongBody(messageOf(error));
  }
}

async function unzipped(body: Buffer): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw wrongBody(`it is no gzip (${messageOf(error)})`);
  }
}

export function tooLarge(): DearError {
  return new DearError('api.too-large', `The body is larger than ${MOST_BYTES / 1024 / 1024} MiB.`, {
    kind: 'usage',
    mend: 'Send fewer items a call.',
  });
}

function wrongBody(why: string): DearError {
  return new DearError('api.body', `The body is no JSON that can be read: ${why}.`, {
    kind: 'usage',
    mend: 'Send one object, or an array of them, as application/json in UTF-8.',
  });
}

/** Where a prefix stops being UTF-8: halved until it is found. */
function firstWrongByte(body: Buffer): number {
  let good = 0;
  let bad = body.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isUtf8Prefix(body.subarray(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

/** Whether it is UTF-8 but for a character that may be cut off at its end. */
function isUtf8Prefix(bytes: Buffer): boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    decoder.decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
