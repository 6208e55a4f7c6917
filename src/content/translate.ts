import { clean } from './helpers.ts';
import { Fixed, noPaper, type Paper, TextPaper } from './paper.ts';
import { calling, literalText, type Place, reading, type Value } from './reading.ts';
import {
  escapeAttribute,
  escapeText,
  personalLink,
  picture,
  type Rendering,
  staticLink,
} from './render-helpers.ts';
import { callsHelper, isBlock, isContent, isMustache, isPath } from './scope.ts';

/** Writes what a template, or a part of it, has at a place. */
type Writer = (place: Place, paper: Paper) => void;

/**
 * Translates a rewritten tree (rewrite.ts) into closures. Handlebars parses templates, but its runtime wraps each
 * helper and merges its options on every call; these cost a fifth of it. The words mean what they mean to
 * Handlebars, and a test holds the two against each other.
 * @param html whether what is written is HTML, and values are escaped for it
 */
export function translate(
  tree: hbs.AST.Program,
  html: boolean,
): (rendering: Rendering, paper: Paper) => void {
  const write = new Translation(html).body(tree);
  return (rendering, paper) => write(placeOf(rendering), paper);
}

/**
 * What of a template can find a value missing, without the rest: the tests round it, the values and the addresses with
 * values in them. Running it notes what `translate` would note.
 */
export function translateNeeds(tree: hbs.AST.Program): (rendering: Rendering) => void {
  const look = new Needs().body(tree);
  return (rendering) => look(placeOf(rendering), noPaper);
}

const placeOf = (dear: Rendering): Place => ({ dear, here: dear.root, outer: undefined, loop: undefined });

class Translation {
  private readonly html: boolean;

  constructor(html: boolean) {
    this.html = html;
  }

  body(tree: hbs.AST.Program | undefined): Writer {
    const parts = joined((tree?.body ?? []).flatMap((node) => this.statement(node)));
    const writers = parts.map((part) => (typeof part === 'string' ? printing(part) : part));
    const [only] = writers;
    if (only === undefined) return () => undefined;
    if (writers.length === 1) return only;
    return (place, paper) => {
      for (const write of writers) write(place, paper);
    };
  }

  protected statement(node: hbs.AST.Statement): (string | Writer)[] {
    if (isContent(node)) return node.value === '' ? [] : [node.value];
    if (isMustache(node)) return [this.mustache(node)];
    if (isBlock(node)) return [this.block(node)];
    return [];
  }

  private mustache(node: hbs.AST.MustacheStatement): Writer {
    const { html } = this;
    if (isNamed(node, 'dearLink')) {
      const target = literalText(node.params[0]);
      return (place, paper) => paper.write(staticLink(target, place.dear, html));
    }
    // What goes by a helper, as every value does, is clean; a loop's own `@key` may be a customer's word as well.
    const value = callsHelper(node) ? calling(node) : cleanly(reading(node.path));
    if (html && node.escaped) return (place, paper) => paper.write(escapeText(shown(value(place))));
    if (html && isNamed(node, 'dearUrl'))
      return (place, paper) => paper.write(escapeAttribute(shown(value(place))));
    return (place, paper) => paper.write(shown(value(place)));
  }

  block(node: hbs.AST.BlockStatement): Writer {
    const name = node.path.original;
    const inner = this.body(node.program);
    if (isAddress(node)) {
      const [what] = node.params;
      const named = what !== undefined && 'value' in what ? String(what.value) : '';
      const address = name === 'dearLink' ? personalLink : picture;
      const { html } = this;
      return (place, paper) => {
        const target = new TextPaper();
        inner(place, target);
        paper.write(address(target.text, named, place.dear, html));
      };
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
    if (isAddress(node)) return [this.addresses.block(node)];
    const inside = [...(node.program?.body ?? []), ...(node.inverse?.body ?? [])];
    return inside.some((part) => this.statement(part).length > 0) ? [this.block(node)] : [];
  }
}

const silent =
  (value: Value): Writer =>
  (place) =>
    void value(place);

/** Values are needed where rewriting said so; the same address in every letter is always there. */
function lacksSomething(node: hbs.AST.MustacheStatement): boolean {
  return isNamed(node, 'dearNeed') || isNamed(node, 'dearUrl');
}

function isNamed({ path }: hbs.AST.MustacheStatement, name: string): boolean {
  return isPath(path) && path.original === name;
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

function blockOf(name: string, value: Value, inner: Writer, otherwise: Writer): Writer {
  switch (name) {
    case 'if':
      return (place, paper) => (holds(value(place)) ? inner(place, paper) : otherwise(place, paper));
    case 'unless':
      return (place, paper) => (holds(value(place)) ? otherwise(place, paper) : inner(place, paper));
    case 'with':
      return (place, paper) => {
        const here = value(place);
        if (isEmpty(here)) otherwise(place, paper);
        else inner({ ...place, here, outer: place }, paper);
      };
    case 'each':
      return (place, paper) => {
        if (!each(value(place), place, inner, paper)) otherwise(place, paper);
      };
    default:
      throw new RangeError(`a letter's template has a block '${name}', which there is not`);
  }
}

/** Writes the items of a list, or the values of an object, one after another; says whether there are any. */
function each(list: unknown, place: Place, inner: Writer, paper: Paper): boolean {
  if (typeof list !== 'object' || list === null) return false;
  const keys = Array.isArray(list) ? undefined : Object.keys(list);
  const values: readonly unknown[] = Array.isArray(list) ? list : Object.values(list);
  const last = values.length - 1;
  for (let index = 0; index <= last; index += 1) {
    const loop = { key: keys?.[index] ?? index, index, first: index === 0, last: index === last };
    inner({ dear: place.dear, here: values[index], outer: place, loop }, paper);
  }
  return last >= 0;
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

function printing(text: string): Writer {
  const fixed = new Fixed(text);
  return (_place, paper) => paper.print(fixed);
}

/** Pieces of text that stand side by side become one. */
function joined(parts: readonly (string | Writer)[]): (string | Writer)[] {
  const out: (string | Writer)[] = [];
  for (const part of parts) {
    const before = out.at(-1);
    if (typeof part === 'string' && typeof before === 'string') out[out.length - 1] = before + part;
    else out.push(part);
  }
  return out;
}
