import { ContentError } from './problem.ts';
import { callsHelper, isBlock, isCall, isContent, isMustache, isPartial, isPath, isText } from './scope.ts';
import { parseTemplate, type Template } from './syntax.ts';

/** Where a line of the assembled text comes from. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/**
 * An expression that waits, as an opaque mark, while MJML works on the text around it. `open`, `else` and `close`
 * belong to blocks, `value` shows something.
 */
export interface Token extends Origin {
  readonly kind: 'value' | 'open' | 'else' | 'close';
  /** The expression in Handlebars, braces and all. */
  readonly source: string;
  /** A value's expression as it is written when a helper takes it. */
  readonly inner: string;
  /** How many blocks are open around it. */
  readonly depth: number;
}

/** What a name such as `slots.heading` stands for in this letter. */
export interface Filling {
  readonly template: Template;
  /** How its literal text gets into the place that names it. */
  readonly escape: (text: string) => string;
  readonly number: boolean;
}

export type Fillings = ReadonlyMap<string, Filling>;

/** A text assembled from pieces, with marks for its expressions and a memory of where each line came from. */
export interface Assembly {
  text: string;
  readonly tokens: Token[];
  readonly lines: Origin[];
  depth: number;
}

const mark = { before: '\uE000', after: '\uE001' };

/** Finds marks; the group is the token's index. */
export const marks = /\uE000(\d+)\uE001/g;

export function markOf(index: number): string {
  return `${mark.before}${index}${mark.after}`;
}

export function newAssembly(): Assembly {
  return { text: '', tokens: [], lines: [{ file: '', line: 1 }], depth: 0 };
}

function xmlEscape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export const asIs = (text: string): string => text;

/** A filling from a value of a campaign file; `line` is the value's own. */
export function fill(value: string | number, type: string, file: string, line: number): Filling {
  const text = String(value).replace(/[\uE000\uE001]/g, '');
  const template = parseTemplate(type === 'url' ? text.trim() : text, file, line);
  return { template, escape: type === 'html' ? asIs : xmlEscape, number: type === 'number' };
}

/** Begins a new line that counts as coming from `origin`. */
export function startLine(assembly: Assembly, origin: Origin): void {
  assembly.text += '\n';
  assembly.lines.push(origin);
}

/** Appends an expression that no file holds, such as the condition round a module. */
export function addToken(assembly: Assembly, kind: Token['kind'], source: string, origin: Origin): void {
  if (kind === 'close') assembly.depth -= 1;
  const depth = kind === 'else' ? assembly.depth - 1 : assembly.depth;
  assembly.tokens.push({ kind, source, inner: '', depth, ...origin });
  assembly.text += markOf(assembly.tokens.length - 1);
  if (kind === 'open') assembly.depth += 1;
}

interface Placing {
  readonly fillings: Fillings;
  readonly escape: (text: string) => string;
  /** What `{{> modules}}` puts in its place. */
  readonly modules?: () => void;
}

/** Appends a piece: literal text escaped, slots filled, expressions as marks. */
export function append(assembly: Assembly, template: Template, placing: Placing): void {
  for (const node of template.body) {
    const origin = { file: template.file, line: node.loc.start.line + template.offset };
    if (isContent(node)) appendText(assembly, placing.escape(node.value), origin);
    else if (isMustache(node)) appendMustache(assembly, node, origin, placing);
    else if (isBlock(node)) appendBlock(assembly, node, template, placing);
    else if (isPartial(node)) placing.modules?.();
  }
}

function appendText(assembly: Assembly, text: string, origin: Origin): void {
  assembly.text += text;
  let line = origin.line;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    line += 1;
    assembly.lines.push({ file: origin.file, line });
  }
}

function appendMustache(
  assembly: Assembly,
  node: hbs.AST.MustacheStatement,
  origin: Origin,
  placing: Placing,
): void {
  const filling =
    !callsHelper(node) && isPath(node.path) ? placing.fillings.get(node.path.original) : undefined;
  if (filling !== undefined) {
    append(assembly, filling.template, { fillings: withoutSlots(placing.fillings), escape: filling.escape });
    return;
  }
  const inside = callsHelper(node)
    ? printCall(node, placing.fillings, origin)
    : print(node.path, placing.fillings, origin);
  const inner = callsHelper(node) ? `(${inside})` : inside;
  const source = `{{${node.strip.open ? '~' : ''}${inside}${node.strip.close ? '~' : ''}}}`;
  assembly.tokens.push({ kind: 'value', source, inner, depth: assembly.depth, ...origin });
  assembly.text += markOf(assembly.tokens.length - 1);
}

/** The values of a campaign file may name settings, but no slots: they are what fills them. */
function withoutSlots(fillings: Fillings): Fillings {
  return new Map([...fillings].filter(([name]) => name.startsWith('settings.')));
}

function appendBlock(
  assembly: Assembly,
  node: hbs.AST.BlockStatement,
  template: Template,
  placing: Placing,
): void {
  const at = (found: hbs.AST.Node | undefined) => ({
    file: template.file,
    line: (found ?? node).loc.start.line + template.offset,
  });
  const inner = (program: hbs.AST.Program | undefined) =>
    append(assembly, { ...template, body: program?.body ?? [] }, placing);
  const known = knownCondition(node, placing.fillings);
  if (known !== undefined) {
    inner(known ? node.program : node.inverse);
    return;
  }
  const name = node.path.original;
  const given = node.params.map((param) => print(param, placing.fillings, at(node), true)).join(' ');
  addToken(assembly, 'open', braces(`#${name} ${given}`, node.openStrip), at(node));
  inner(node.program);
  if (node.inverse) {
    addToken(assembly, 'else', braces('else', node.inverseStrip), at(node.inverse));
    inner(node.inverse);
  }
  const end = { file: template.file, line: node.loc.end.line + template.offset };
  addToken(assembly, 'close', braces(`/${name}`, node.closeStrip), end);
}

function braces(inside: string, strip: hbs.AST.StripFlags | undefined): string {
  return `{{${strip?.open ? '~' : ''}${inside}${strip?.close ? '~' : ''}}}`;
}

/** `{{#if slots.note}}` is settled when the letter is compiled, unless the slot holds nothing but an expression. */
function knownCondition(node: hbs.AST.BlockStatement, fillings: Fillings): boolean | undefined {
  const given = node.params[0];
  const name = node.path.original;
  if ((name !== 'if' && name !== 'unless') || given === undefined || !isPath(given)) return undefined;
  const filling = fillings.get(given.original);
  if (filling === undefined) return undefined;
  const literal = literalOf(filling);
  if (literal === undefined && soleExpression(filling) !== undefined) return undefined;
  const holds =
    literal === undefined || (literal.trim() !== '' && !(filling.number && Number(literal) === 0));
  return name === 'if' ? holds : !holds;
}

function literalOf({ template }: Filling): string | undefined {
  return template.body.every(isContent)
    ? template.body.map((node) => (isContent(node) ? node.value : '')).join('')
    : undefined;
}

function soleExpression({ template }: Filling): hbs.AST.MustacheStatement | undefined {
  const [first, ...rest] = template.body;
  return first !== undefined && rest.length === 0 && isMustache(first) ? first : undefined;
}

/** An expression as Handlebars source, slots and settings put in. */
function print(node: hbs.AST.Expression, fillings: Fillings, at: Origin, asTest = false): string {
  if (isCall(node)) return `(${printCall(node, fillings, at)})`;
  if (isText(node)) return quote(node.value, at);
  if (!isPath(node))
    return 'original' in node ? String(node.original) : node.type === 'NullLiteral' ? 'null' : 'undefined';
  const filling = fillings.get(node.original);
  if (filling === undefined) return node.original;
  const literal = literalOf(filling);
  if (literal !== undefined) return filling.number ? String(Number(literal)) : quote(literal, at);
  const sole = soleExpression(filling);
  if (sole !== undefined) {
    return callsHelper(sole) ? `(${printCall(sole, fillings, at)})` : print(sole.path, fillings, at, asTest);
  }
  throw new ContentError({
    level: 'error',
    code: 'template.expression',
    ...at,
    message: `'${node.original}' holds text and expressions together, so that no helper can take it as one value`,
  });
}

function printCall(
  node: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  fillings: Fillings,
  at: Origin,
): string {
  const name = isPath(node.path) ? node.path.original : '';
  const values = node.params.map((param) => print(param, fillings, at));
  const options = (node.hash?.pairs ?? []).map((pair) => `${pair.key}=${print(pair.value, fillings, at)}`);
  return [name, ...values, ...options].join(' ');
}

function quote(text: string, at: Origin): string {
  const endsWell = !text.includes('\\');
  if (endsWell && !text.includes('"')) return `"${text}"`;
  if (endsWell && !text.includes("'")) return `'${text}'`;
  throw new ContentError({
    level: 'error',
    code: 'template.expression',
    ...at,
    message: `the text ${JSON.stringify(text)} cannot be given to a helper: it has a backslash, or quotes of both kinds`,
  });
}

/**
 * Puts the expressions back in place of their marks. A backslash before one would make Handlebars show the
 * expression itself, so it gives way to `backslash`.
 */
export function restore(text: string, tokens: readonly Pick<Token, 'source'>[], backslash: string): string {
  return text
    .replace(/\\+(?=\uE000)/g, backslash)
    .replace(marks, (_, index: string) => tokens[Number(index)]?.source ?? '');
}
