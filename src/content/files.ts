import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { ContentError } from './problem.ts';

/** The name of a campaign, module, layout, variant or topic; never a path. */
export const templateName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be a name of letters, digits, - and _');

/** A path as people know it: from the templates folder's own name on. */
export function shownPath(templatesDir: string, path: string): string {
  return join(basename(templatesDir), relative(templatesDir, path));
}

/**
 * The text of a template file, without a byte order mark and with plain line ends; undefined when there is none.
 * @throws ContentError `file.unreadable` when it is there and cannot be read.
 */
export async function readTemplate(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8');
    // Private-use characters mark expressions while a letter is compiled.
    return text
      .replace(/^\uFEFF/, '')
      .replace(/\r\n?/g, '\n')
      .replace(/[\uE000\uE001]/g, '');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ContentError(
      { level: 'error', code: 'file.unreadable', file: path, message: `cannot be read (${String(code)})` },
      cause,
    );
  }
}
