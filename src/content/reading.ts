import { helpers } from './helpers.ts';
import { need, ownUrl, type Rendering } from './render-helpers.ts';
import { isCall, isPath } from './scope.ts';

/** Where a template is while it writes: what `this` means there, and how far the loop round it has come. */
export interface Place {
  readonly dear: Rendering;
  readonly here: unknown;
  /** The place round the `#each` or `#with`; `../` leads there. */
  readonly outer: Place | undefined;
  readonly loop: Readonly<Record<string, unknown>> | undefined;
}

/** What an expression gives at a place. */
export type Value = (place: Place) => unknown;

type Call = Pick<hbs.AST.SubExpression | hbs.AST.MustacheStatement, 'path' | 'params' | 'hash'>;

/** Translates an expression of a rewritten tree. */
export function reading(node: hbs.AST.Expression): Value {
  if (isPath(node)) return readingPath(node);
  if (isCall(node)) return calling(node);
  const given = literal(node);
  return () => given;
}

/** Translates a call: of a helper, or of what rewriting put there. */
export function calling(node: Call): Value {
  const name = nameOf(node);
  const values = node.params.map(reading);
  const [first = nothing, second = nothing] = values;
  if (name === 'dearNeed') {
    const what = literalText(node.params[1]);
    return (place) => need(first(place), what, place.dear);
  }
  if (name === 'dearUrl') {
    const what = literalText(node.params[1]);
    return (place) => ownUrl(first(place), what, place.dear);
  }
  const helper = Object.hasOwn(helpers, name) ? helpers[name] : undefined;
  if (helper === undefined) throw new RangeError(`a letter's template calls '${name}', which there is not`);
  const hash = settings(node.hash);
  if (values.length === 1) return (place) => helper(first(place), hash(place));
  if (values.length === 2) return (place) => helper(first(place), second(place), hash(place));
  return (place) => helper(...values.map((value) => value(place)), hash(place));
}

const nothing: Value = () => undefined;

/** A helper's settings (`name=value`), as its last argument; made once when they are all literals. */
function settings(hash: hbs.AST.Hash | undefined): (place: Place) => { hash: Record<string, unknown> } {
  const pairs = (hash?.pairs ?? []).map(({ key, value }) => ({ key, node: value, value: reading(value) }));
  const evaluate = (place: Place) => ({
    hash: Object.fromEntries(pairs.map(({ key, value }) => [key, value(place)])),
  });
  if (pairs.some(({ node }) => isPath(node) || isCall(node))) return evaluate;
  const fixed = { hash: Object.fromEntries(pairs.map(({ key, node }) => [key, literal(node)])) };
  return () => fixed;
}

function readingPath(path: hbs.AST.PathExpression): Value {
  const { parts, data, depth } = path;
  if (data) {
    const [name = '', ...rest] = parts;
    if (name !== 'root') return (place) => place.loop?.[name];
    return steps(rest, (place) => place.dear.root);
  }
  if (depth === 0) return steps(parts, (place) => place.here);
  return steps(parts, (place) => {
    let at: Place | undefined = place;
    for (let up = depth; up > 0 && at !== undefined; up -= 1) at = at.outer;
    return at?.here;
  });
}

function steps(parts: readonly string[], start: Value): Value {
  const [one, two, ...more] = parts;
  if (one === undefined) return start;
  if (two === undefined) return (place) => own(start(place), one);
  if (more.length === 0) return (place) => own(own(start(place), one), two);
  return (place) => parts.reduce(own, start(place));
}

/** A property that the value itself has: what prototypes hold is never a customer's. */
function own(value: unknown, name: string): unknown {
  if (value === undefined || value === null || !Object.hasOwn(value, name)) return undefined;
  return isObject(value) ? value[name] : Reflect.get(Object(value), name);
}

/** Whatever it is, its properties can be asked for by name. */
function isObject(value: object): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object';
}

function nameOf(node: Call): string {
  return isPath(node.path) ? node.path.original : String(literal(node.path));
}

/** A text or number of a template as text. */
export function literalText(node: hbs.AST.Expression | undefined): string {
  return node === undefined ? '' : String(literal(node));
}

/** The value of a text, number, true, false, null or undefined as it is written. */
function literal(node: hbs.AST.Expression): unknown {
  if (node.type === 'NullLiteral') return null;
  return 'value' in node ? node.value : undefined;
}
