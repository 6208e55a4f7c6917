import { urlOf } from '../url.ts';
import { type Assembly, markOf, marks, type Token } from './assemble.ts';
import { type Attribute, type Piece, scan } from './markup.ts';
import { originOf } from './mjml.ts';
import type { Problem, Report } from './problem.ts';

type Tag = Extract<Piece, { kind: 'open' | 'close' }>;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Work {
  readonly assembly: Assembly;
  readonly report: Report;
  readonly edits: Edit[];
  readonly same: Set<string>;
}

/** HTML whose links are counted, and the targets of those that are the same in every letter. */
interface Linked {
  readonly html: string;
  readonly links: string[];
}

/** Attributes that a browser or mail program loads from; only pictures among them may be personal. */
const pictures = new Set(['src', 'background', 'poster']);
const unsafeUrls = new Set([
  'action',
  'formaction',
  'srcset',
  'srcdoc',
  'ping',
  'data',
  'xlink:href',
  'cite',
  'manifest',
]);

/**
 * Makes every link of the HTML pass through Dear's counting (`dearLink`), and sees to it that customers' values
 * stand only where escaping keeps them in their place.
 */
export function rewriteLinks(html: string, assembly: Assembly, report: Report): Linked {
  const work: Work = { assembly, report, edits: [], same: new Set() };
  visit(work, html, 0);
  for (const match of html.matchAll(/<[/!]?\uE000(\d+)\uE001/g)) {
    refuse(work, Number(match[1]), 'an expression cannot be the name of a tag');
  }
  let out = '';
  let at = 0;
  for (const edit of work.edits.sort((a, b) => a.start - b.start)) {
    out += html.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return { html: out + html.slice(at), links: [...work.same] };
}

/** Puts the picture that tells of an open before the end of the body. */
export function addPixel(html: string, assembly: Assembly): string {
  assembly.tokens.push(composed('{{urls.open}}'));
  const mark = markOf(assembly.tokens.length - 1);
  const style = 'display:block;width:1px;height:1px;border:0;margin:0;padding:0;';
  const picture = `<img src="${mark}" width="1" height="1" alt="" style="${style}">`;
  const end = html.lastIndexOf('</body>');
  return end === -1 ? html + picture : html.slice(0, end) + picture + html.slice(end);
}

/**
 * Whether the letter has a visible link to one of Dear's own addresses (`urls.unsubscribe`) for every reader.
 * @param file only links that this file holds count
 */
export function hasOwnLink(html: string, assembly: Assembly, own: string, file?: string): boolean {
  return scan(html).some((piece) => {
    if (piece.kind !== 'open' || piece.name !== 'a') return false;
    const href = piece.attributes.find(({ name }) => name === 'href');
    const index = /^\uE000(\d+)\uE001$/.exec(href?.value.trim() ?? '')?.[1];
    const token = index === undefined ? undefined : assembly.tokens[Number(index)];
    if (token?.inner !== own || token.depth !== 0) return false;
    if (file !== undefined && token.file !== file) return false;
    const end = html.indexOf('</a', piece.end);
    return (
      html
        .slice(piece.end, end)
        .replace(/<[^>]*>/g, '')
        .trim() !== ''
    );
  });
}

function visit(work: Work, html: string, base: number): void {
  const pieces = scan(html);
  pieces.forEach((piece, index) => {
    if (piece.kind === 'comment') {
      // What stands in a conditional comment is HTML to Outlook.
      if (piece.text.startsWith('[if'))
        visit(work, html.slice(piece.start + 4, piece.end - 3), base + piece.start + 4);
    } else if (piece.kind === 'open') {
      visitTag(work, html, piece, base);
      if (piece.name === 'style' || piece.name === 'script') {
        const inside = html.slice(piece.end, pieces[index + 1]?.start ?? html.length);
        refuseAll(work, inside, `an expression cannot stand in <${piece.name}>`);
      }
    }
  });
}

function visitTag(work: Work, html: string, tag: Tag, base: number): void {
  refuseAll(work, tag.name, 'an expression cannot be part of the name of a tag');
  for (const attribute of tag.attributes) {
    refuseAll(work, attribute.name, 'a value cannot stand in a tag outside of quotes');
    const found = visitAttribute(work, html, tag, attribute);
    if (found === undefined) continue;
    const text = `${attribute.name}="${found}"`;
    work.edits.push({ start: base + attribute.start, end: base + attribute.end, text });
  }
}

/** The attribute's new value, if it needs one. */
function visitAttribute(work: Work, html: string, tag: Tag, attribute: Attribute): string | undefined {
  const { name, value } = attribute;
  const personal = value.includes('\uE000');
  if (personal && !/["']\s*$/.test(html.slice(attribute.start, attribute.end))) {
    refuseAll(work, value, `put quotes round the value of ${name}`);
  }
  if (name === 'href' && tag.name !== 'link' && tag.name !== 'base') return link(work, value);
  if (pictures.has(name)) return picture(work, tag, value, personal);
  if (!personal) return undefined;
  if (name === 'style' || name.startsWith('on') || unsafeUrls.has(name)) {
    refuseAll(work, value, `a value cannot stand in the attribute ${name}`);
  }
  return undefined;
}

function link(work: Work, value: string): string | undefined {
  const tokens = tokensIn(work, value);
  if (tokens.some(({ inner }) => inner.startsWith('urls.'))) {
    if (tokens.length === 1 && value.replace(marks, '').trim() === '') return undefined;
    const message = "one of Dear's own addresses must be the whole target of its link";
    work.report({ ...error('link.target', message), ...place(tokens[0]) });
    return undefined;
  }
  const target = decode(value).trim();
  if (tokens.length > 0) return compose(work, `{{#dearLink}}${personalTarget(work, target)}{{/dearLink}}`);
  if (/^(mailto:|tel:|#)/i.test(target)) return undefined;
  if (/^https?:\/\//i.test(target) && urlOf(target) !== undefined) {
    const same = harmless(target);
    work.same.add(same);
    return compose(work, `{{dearLink "${same}"}}`);
  }
  const message = `a link must lead to https://…, http://…, mailto:… or tel:…, not to '${target.slice(0, 80)}'`;
  work.report({ ...error('link.target', message), ...originOf(work.assembly, whereabouts(work, value)) });
  return undefined;
}

function picture(work: Work, tag: Tag, value: string, personal: boolean): string | undefined {
  const target = decode(value).trim();
  if (personal) return compose(work, `{{#dearImage}}${personalTarget(work, target)}{{/dearImage}}`);
  if (tag.name !== 'img' || /^(https?:\/\/|cid:|data:image\/)/i.test(target)) return undefined;
  const message = `a picture must lie at https://…, not at '${target.slice(0, 80)}'`;
  work.report({ ...error('image.target', message), ...originOf(work.assembly, whereabouts(work, value)) });
  return undefined;
}

function whereabouts(work: Work, value: string): number {
  return Math.max(0, value === '' ? 0 : work.assembly.text.indexOf(value));
}

/**
 * A target with expressions in it, as Handlebars. A value at its beginning is an address of its own and is
 * checked as one when it is known; every other value is only a part, so it is percent-encoded.
 */
function personalTarget(work: Work, target: string): string {
  const states: boolean[] = [];
  let begun = false;
  return target
    .split(/(\uE000\d+\uE001)/)
    .map((part) => {
      const token = tokensIn(work, part)[0];
      if (token === undefined) {
        begun ||= part !== '';
        return harmless(part);
      }
      if (token.kind === 'open') states.push(begun);
      else if (token.kind === 'else') begun = states.at(-1) ?? begun;
      else if (token.kind === 'close') states.pop();
      if (token.kind !== 'value') return token.source;
      const source = begun && !token.inner.startsWith('(url ') ? `{{url ${token.inner}}}` : token.source;
      begun = true;
      return source;
    })
    .join('');
}

function tokensIn(work: Work, text: string): Token[] {
  return [...text.matchAll(marks)].flatMap((match) => work.assembly.tokens[Number(match[1])] ?? []);
}

function compose(work: Work, source: string): string {
  work.assembly.tokens.push(composed(source));
  return markOf(work.assembly.tokens.length - 1);
}

function composed(source: string): Token {
  return { kind: 'value', source, inner: '', depth: 0, file: '', line: 0 };
}

function refuseAll(work: Work, text: string, message: string): void {
  for (const match of text.matchAll(marks)) refuse(work, Number(match[1]), message);
}

function refuse(work: Work, index: number, message: string): void {
  const token = work.assembly.tokens[index];
  if (token === undefined || token.kind !== 'value') return;
  work.report({ ...error('template.place', `${token.source}: ${message}`), ...place(token) });
}

function error(code: string, message: string): Problem {
  return { level: 'error', code, file: '', message };
}

function place(token: Token | undefined): { file: string; line: number } {
  return { file: token?.file ?? '', line: token?.line ?? 0 };
}

/** Characters that Handlebars, or a string in it, could take for its own, as a URL writes them. */
function harmless(target: string): string {
  return target.replace(/["\\{}\s]/g, (character) => encodeURIComponent(character));
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (all, decimal, hex, name) => {
      if (name !== undefined) return named[String(name).toLowerCase()] ?? all;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    },
  );
}
