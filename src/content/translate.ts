import { clean } from './helpers.ts';
import { calling, type Place, reading, type Value } from './reading.ts';
import { escapeAttribute, escapeText, personalLink, picture, type Rendering } from './render-helpers.ts';
import { callsHelper, isBlock, isContent, isMustache, isPath } from './scope.ts';

/** What a template, or a part of it, writes at a place. */
type Writer = (place: Place) => string;

/**
 * Translates a rewritten tree (rewrite.ts) into closures. Handlebars parses templates, but its runtime wraps each
 * helper and merges its options on every call; these cost a fifth of it. The words mean what they mean to
 * Handlebars, and a test holds the two against each other.
 * @param html whether what is written is HTML, and values are escaped for it
 */
export function translate(tree: hbs.AST.Program, html: boolean): (rendering: Rendering) => string {
  const write = new Translation(html).body(tree);
  return (rendering) => write({ dear: rendering, here: rendering.root, outer: undefined, loop: undefined });
}

/**
 * What of a template can find a value missing, without the rest: the tests round it, the values and the addresses with
 * values in them. Running it notes what `translate` would note.
 */
export function translateNeeds(tree: hbs.AST.Program): (rendering: Rendering) => void {
  const look = new Needs().body(tree);
  return (rendering) =>
    void look({ dear: rendering, here: rendering.root, outer: undefined, loop: undefined });
}

class Translation {
  private readonly html: boolean;

  constructor(html: boolean) {
    this.html = html;
  }

  body(tree: hbs.AST.Program | undefined): Writer {
    const parts = joined((tree?.body ?? []).flatMap((node) => this.statement(node)));
    const [only] = parts;
    if (only === undefined) return () => '';
    if (parts.length === 1) return typeof only === 'string' ? () => only : only;
    return (place) => {
      let written = '';
      for (const part of parts) written += typeof part === 'string' ? part : part(place);
      return written;
    };
  }

  protected statement(node: hbs.AST.Statement): (string | Writer)[] {
    if (isContent(node)) return node.value === '' ? [] : [node.value];
    if (isMustache(node)) return [this.mustache(node)];
    if (isBlock(node)) return [this.block(node)];
    return [];
  }

  private mustache(node: hbs.AST.MustacheStatement): Writer {
    // What goes by a helper, as every value does, is clean; a loop's own `@key` may be a customer's word as well.
    const value = callsHelper(node) ? calling(node) : cleanly(reading(node.path));
    if (this.html && node.escaped) return (place) => escapeText(shown(value(place)));
    if (this.html && isOwnAddress(node)) return (place) => escapeAttribute(shown(value(place)));
    return (place) => shown(value(place));
  }

  block(node: hbs.AST.BlockStatement): Writer {
    const name = node.path.original;
    const inner = this.body(node.program);
    if (isAddress(node)) {
      const [what] = node.params;
      const named = what !== undefined && 'value' in what ? String(what.value) : '';
      const address = name === 'dearLink' ? personalLink : picture;
      if (!this.html) return (place) => address(inner(place), named, place.dear);
      return (place) => escapeAttribute(address(inner(place), named, place.dear));
    }
    const otherwise = this.body(node.inverse);
    const [param] = node.params;
    if (param === undefined) throw new RangeError(`a block of a letter's template, ${name}, tests nothing`);
    return blockOf(name, reading(param), inner, otherwise);
  }
}

/** Writes nothing, and leaves out whatever cannot lack anything. */
class Needs extends Translation {
  private readonly addresses = new Translation(false);

  constructor() {
    super(false);
  }

  protected override statement(node: hbs.AST.Statement): (string | Writer)[] {
    if (isMustache(node)) return lacksSomething(node) ? [silent(calling(node))] : [];
    if (!isBlock(node)) return [];
    if (isAddress(node)) return [silent(this.addresses.block(node))];
    const inside = [...(node.program?.body ?? []), ...(node.inverse?.body ?? [])];
    return inside.some((part) => this.statement(part).length > 0) ? [this.block(node)] : [];
  }
}

const silent =
  (value: Value): Writer =>
  (place) => {
    value(place);
    return '';
  };

/** Values are needed where rewriting said so; the same address in every letter is always there. */
function lacksSomething({ path }: hbs.AST.MustacheStatement): boolean {
  return isPath(path) && (path.original === 'dearNeed' || path.original === 'dearUrl');
}

/** A link or a picture with values in its address. */
function isAddress(node: hbs.AST.BlockStatement): boolean {
  return node.path.original === 'dearLink' || node.path.original === 'dearImage';
}

function cleanly(value: Value): Value {
  return (place) => {
    const given = value(place);
    return typeof given === 'string' ? clean(given) : given;
  };
}

function isOwnAddress({ path }: hbs.AST.MustacheStatement): boolean {
  return isPath(path) && (path.original === 'dearLink' || path.original === 'dearUrl');
}

function blockOf(name: string, value: Value, inner: Writer, otherwise: Writer): Writer {
  switch (name) {
    case 'if':
      return (place) => (holds(value(place)) ? inner(place) : otherwise(place));
    case 'unless':
      return (place) => (holds(value(place)) ? otherwise(place) : inner(place));
    case 'with':
      return (place) => {
        const here = value(place);
        return isEmpty(here) ? otherwise(place) : inner({ ...place, here, outer: place });
      };
    case 'each':
      return (place) => each(value(place), place, inner) ?? otherwise(place);
    default:
      throw new RangeError(`a letter's template has a block '${name}', which there is not`);
  }
}

/** The items of a list, or the values of an object, one after another; undefined when there are none. */
function each(list: unknown, place: Place, inner: Writer): string | undefined {
  if (typeof list !== 'object' || list === null) return undefined;
  const keys = Array.isArray(list) ? undefined : Object.keys(list);
  const values: readonly unknown[] = Array.isArray(list) ? list : Object.values(list);
  if (values.length === 0) return undefined;
  const last = values.length - 1;
  let written = '';
  for (const [index, here] of values.entries()) {
    const loop = { key: keys?.[index] ?? index, index, first: index === 0, last: index === last };
    written += inner({ dear: place.dear, here, outer: place, loop });
  }
  return written;
}

/** As `#if` sees it: nothing, no text, zero and an empty list do not hold. */
function holds(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** As `#with` sees it: zero is something. */
function isEmpty(value: unknown): boolean {
  return value !== 0 && !holds(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : String(value);
}

function joined(parts: readonly (string | Writer)[]): (string | Writer)[] {
  const out: (string | Writer)[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === 'string' && typeof before === 'string') out[out.length - 1] = before + part;
    else out.push(part);
  }
  return out;
}
