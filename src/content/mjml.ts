import { type Assembly, marks, type Origin, type Token } from './assemble.ts';
import { type Piece, scan } from './markup.ts';
import { ContentError, type Report } from './problem.ts';

/** Elements whose content is HTML or text. */
const holdsText = new Set([
  'mj-accordion-text',
  'mj-accordion-title',
  'mj-button',
  'mj-html-attribute',
  'mj-navbar-link',
  'mj-preview',
  'mj-raw',
  'mj-social-element',
  'mj-style',
  'mj-table',
  'mj-text',
  'mj-title',
]);

/** Elements that hold only elements, so that text in them would be lost without a word. */
const holdsElements = new Set([
  'mjml',
  'mj-accordion',
  'mj-accordion-element',
  'mj-attributes',
  'mj-body',
  'mj-carousel',
  'mj-column',
  'mj-group',
  'mj-head',
  'mj-hero',
  'mj-html-attributes',
  'mj-navbar',
  'mj-section',
  'mj-social',
  'mj-wrapper',
]);

const inHead = new Set(['mj-head', 'mj-attributes', 'mj-html-attributes']);

/**
 * Turns assembled MJML into HTML, its marks unharmed. Blocks between elements are wrapped in mj-raw first.
 * @throws ContentError `mjml.invalid` naming the file and line that an element came from
 */
export async function compileMjml(assembly: Assembly, report: Report): Promise<string> {
  const text = wrapBlocks(assembly, report);
  // Loading MJML takes more than a second, and those who only render need none of it.
  const { default: mjml } = await import('mjml');
  try {
    const options = { keepComments: false, fonts: {}, ignoreIncludes: true } as const;
    const { html } = await mjml(text, { ...options, validationLevel: 'strict' });
    return slim(html);
  } catch (cause) {
    const found = errorsOf(cause);
    if (found.length === 0) throw cause;
    for (const { line, message, tagName } of found) {
      report({
        level: 'error',
        code: 'mjml.invalid',
        ...originAt(assembly, line),
        message: `<${tagName}>: ${message}`,
      });
    }
    return '';
  }
}

/** Where line `line` (from 1) of the assembled text came from. */
function originAt(assembly: Assembly, line: number): Origin {
  return assembly.lines[line - 1] ?? assembly.lines.at(-1) ?? { file: '', line };
}

/** Where the character at `offset` of the assembled text came from. */
export function originOf(assembly: Assembly, offset: number): Origin {
  const token = [...assembly.text.slice(0, offset).matchAll(/\n/g)].length;
  return originAt(assembly, token + 1);
}

function errorsOf(cause: unknown): { line: number; message: string; tagName: string }[] {
  if (!(cause instanceof Error) || !('errors' in cause) || !Array.isArray(cause.errors)) return [];
  return cause.errors.filter(
    (error: unknown): error is { line: number; message: string; tagName: string } =>
      typeof error === 'object' &&
      error !== null &&
      'line' in error &&
      'message' in error &&
      'tagName' in error,
  );
}

/** Indentation is a fifth of what MJML writes; readers do not need it. */
function slim(html: string): string {
  return /<(pre|textarea)\b/i.test(html) ? html : html.replace(/[ \t]*\n\s*/g, '\n').trim();
}

interface Walk {
  readonly assembly: Assembly;
  readonly report: Report;
  readonly open: { readonly name: string; readonly start: number }[];
  out: string;
}

/** Checks that every element is closed and that text stands where it may, and wraps blocks between elements. */
function wrapBlocks(assembly: Assembly, report: Report): string {
  const walk: Walk = { assembly, report, open: [], out: '' };
  let at = 0;
  for (const piece of scan(assembly.text)) {
    walk.out += between(walk, at, piece.start);
    walk.out += assembly.text.slice(piece.start, piece.end);
    at = piece.end;
    if (piece.kind === 'open') openTag(walk, piece);
    else if (piece.kind === 'close') closeTag(walk, piece);
  }
  const left = walk.open.at(-1);
  if (left) fail(walk, left.start, `<${left.name}> is never closed`);
  return walk.out + assembly.text.slice(at);
}

function fail(walk: Walk, offset: number, message: string, code = 'mjml.invalid'): never {
  throw new ContentError({ level: 'error', code, ...originOf(walk.assembly, offset), message });
}

const isElement = (name: string) => name === 'mjml' || name.startsWith('mj-');

function openTag(walk: Walk, piece: Extract<Piece, { kind: 'open' | 'close' }>): void {
  const around = walk.open.at(-1);
  if (
    (piece.name === 'mj-image' || piece.name === 'img') &&
    !piece.attributes.some(({ name }) => name === 'alt')
  ) {
    const origin = originOf(walk.assembly, piece.start);
    const mend = 'Say what it shows in alt="…"; alt="" if it is only decoration.';
    walk.report({
      level: 'warning',
      code: 'image.no-alt',
      ...origin,
      message: `<${piece.name}> has no alt text`,
      mend,
    });
  }
  if (!isElement(piece.name)) return;
  if (piece.name === 'mj-include') fail(walk, piece.start, 'mj-include is not part of letters; use a module');
  if (around && holdsText.has(around.name)) {
    fail(walk, around.start, `<${around.name}> is not closed before <${piece.name}>, or must not hold it`);
  }
  if (!piece.selfClosing) walk.open.push({ name: piece.name, start: piece.start });
}

function closeTag(walk: Walk, piece: Extract<Piece, { kind: 'open' | 'close' }>): void {
  if (!isElement(piece.name)) return;
  const open = walk.open.pop();
  if (open === undefined) fail(walk, piece.start, `</${piece.name}> closes nothing`);
  if (open.name !== piece.name)
    fail(walk, open.start, `<${open.name}> is not closed before </${piece.name}>`);
}

/** The text between two tags: kept inside elements that hold text, else only blocks may stand there. */
function between(walk: Walk, from: number, to: number): string {
  const text = walk.assembly.text.slice(from, to);
  const around = walk.open.at(-1)?.name;
  if (around === undefined || !holdsElements.has(around) || text.trim() === '') return text;
  const stray = text.replace(marks, '').trim();
  const strayAt = from + Math.max(0, text.indexOf(stray.slice(0, 1)));
  if (stray !== '') fail(walk, strayAt, `the text '${stray.slice(0, 60)}' stands outside of any mj-text`);
  return text.replace(marks, (mark, index: string) => {
    const token = walk.assembly.tokens[Number(index)];
    if (token !== undefined) checkPlace(walk, token, around);
    return `<mj-raw>${mark}</mj-raw>`;
  });
}

function checkPlace(walk: Walk, token: Token, around: string): void {
  const { file, line } = token;
  const place = { level: 'error', code: 'mjml.invalid', file, line } as const;
  if (token.kind === 'value') {
    walk.report({ ...place, message: `${token.source} stands outside of any mj-text` });
  } else if (inHead.has(around)) {
    walk.report({ ...place, message: `${token.source} cannot stand between the elements of <${around}>` });
  }
}
