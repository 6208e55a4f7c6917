import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTemplate, shownPath } from './files.ts';
import { ContentError, knownNames } from './problem.ts';
import { dataRequests } from './source.ts';
import { parseTemplate, type Template } from './syntax.ts';
import { readYaml } from './yaml.ts';

const slot = z.strictObject({
  type: z.enum(['text', 'url', 'html', 'number']).default('text'),
  default: z.union([z.string(), z.number()]).optional(),
  about: z.string().optional(),
});

const slots = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'must be a name of letters, digits and _'),
  slot,
);

const moduleMeta = z.strictObject({
  about: z.string().default(''),
  slots: slots.default({}),
  data: dataRequests.default({}),
});

const layoutMeta = z.strictObject({
  about: z.string().default(''),
  /** What a campaign's `settings` can fill in, read as {{settings.name}}. */
  settings: slots.default({}),
});

export type SlotDefinition = z.output<typeof slot>;

/** A module or layout as its file says it. */
export interface Block<Meta> {
  readonly name: string;
  readonly file: string;
  readonly meta: Meta;
  /** Line of each value of the front matter. */
  readonly lines: Readonly<Record<string, number>>;
  readonly template: Template;
}

export type ModuleBlock = Block<z.output<typeof moduleMeta>>;
export type LayoutBlock = Block<z.output<typeof layoutMeta>>;

/** Where in a campaign a block was named, for the message when there is none. */
export interface NamedAt {
  readonly file: string;
  readonly line: number | undefined;
}

/**
 * Reads `modules/<name>.mjml`.
 * @throws ContentError `module.unknown`, or naming what is wrong in the file and where.
 */
export function loadModule(templatesDir: string, name: string, at: NamedAt): Promise<ModuleBlock> {
  return loadNamed(templatesDir, 'modules', name, at, moduleMeta);
}

/** Reads `layouts/<name>.mjml`; errors as for modules. */
export function loadLayout(templatesDir: string, name: string, at: NamedAt): Promise<LayoutBlock> {
  return loadNamed(templatesDir, 'layouts', name, at, layoutMeta);
}

/** Reads a module that lies beside the file that names it: `folder` is within the templates folder, `file` `./name.mjml`. */
export async function loadOwnModule(
  templatesDir: string,
  folder: string,
  file: string,
  at: NamedAt,
): Promise<ModuleBlock> {
  const path = join(templatesDir, folder, file);
  const text = await readTemplate(path);
  if (text === undefined)
    throw unknownBlock('module', file, at, await names(join(templatesDir, folder), './', '.mjml'));
  return readBlock(text, file.replace(/^\.\/|\.mjml$/g, ''), shownPath(templatesDir, path), moduleMeta);
}

async function loadNamed<Meta extends z.ZodType>(
  templatesDir: string,
  folder: 'modules' | 'layouts',
  name: string,
  at: NamedAt,
  meta: Meta,
): Promise<Block<z.output<Meta>>> {
  const path = join(templatesDir, folder, `${name}.mjml`);
  const text = await readTemplate(path);
  if (text === undefined) {
    const known = await names(join(templatesDir, folder), '', '');
    throw unknownBlock(folder === 'modules' ? 'module' : 'layout', name, at, known);
  }
  return readBlock(text, name, shownPath(templatesDir, path), meta);
}

function unknownBlock(kind: 'module' | 'layout', name: string, at: NamedAt, known: readonly string[]) {
  const message = `there is no ${kind} '${name}'`;
  return new ContentError({
    level: 'error',
    code: `${kind}.unknown`,
    ...at,
    message,
    mend: knownNames(name, known),
  });
}

async function names(folder: string, before: string, after: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith('.mjml'))
    .map((entry) => before + entry.slice(0, -'.mjml'.length) + after);
}

/** Splits a file into its front matter, between two lines `---`, and its template. */
function readBlock<Meta extends z.ZodType>(
  text: string,
  name: string,
  file: string,
  schema: Meta,
): Block<z.output<Meta>> {
  const match = /^---[ \t]*\n([\s\S]*?)^---[ \t]*(?:\n|$)/m.exec(text);
  if (text.startsWith('---') && match?.index !== 0) {
    const message = 'the front matter has no closing line ---';
    throw new ContentError({ level: 'error', code: 'template.syntax', file, line: 1, message });
  }
  const front = match?.index === 0 ? match : undefined;
  const { value, lines } = readYaml(front?.[1] || '{}', file, 2, schema);
  const body = text.slice(front?.[0].length ?? 0);
  const firstLine = front ? front[0].split('\n').length : 1;
  return { name, file, meta: value, lines, template: parseTemplate(body, file, firstLine) };
}
