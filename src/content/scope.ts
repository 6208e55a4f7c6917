import type {} from 'handlebars';

/** The names that templates begin a path with; readable inside `#each` too, where they hide a property of that name. */
export const roots: readonly string[] = [
  'profile',
  'traits',
  'data',
  'modules',
  'settings',
  'signUp',
  'urls',
];

const loopVariables: readonly string[] = ['index', 'first', 'last', 'key'];
const forbidden = new Set(['__proto__', 'constructor', 'prototype', '__defineGetter__', '__lookupGetter__']);

/** What a block's body sees as its own: where `this` leads to from the root. `[]` stands for any item of a list. */
export interface Scope {
  readonly steps: readonly string[];
  readonly outer: Scope | undefined;
}

export const rootScope: Scope = { steps: [], outer: undefined };

/** Where a path of a template leads. */
export type Resolved =
  | { readonly kind: 'value'; readonly steps: readonly string[]; readonly fromRoot: boolean }
  | { readonly kind: 'loop' }
  | { readonly kind: 'refused'; readonly why: string };

/** Follows a path from a scope to where it leads from the root. */
export function resolvePath(path: hbs.AST.PathExpression, scope: Scope): Resolved {
  const bad = path.parts.find((part) => forbidden.has(part));
  if (bad !== undefined) return { kind: 'refused', why: `'${bad}' can never be read` };
  if (path.data) {
    if (path.parts[0] === 'root') return found(path.parts.slice(1), true);
    if (path.parts.length === 1 && loopVariables.includes(path.parts[0] ?? '')) {
      return scope.outer === undefined
        ? { kind: 'refused', why: `${path.original} has a value only inside {{#each}}` }
        : { kind: 'loop' };
    }
    return {
      kind: 'refused',
      why: `${path.original} is not known; known: @index, @first, @last, @key, @root`,
    };
  }
  let start: Scope | undefined = scope;
  for (let up = path.depth; up > 0 && start; up--) start = start.outer;
  if (start === undefined) return { kind: 'refused', why: `${path.original} leads out of the letter` };
  const scoped = /^\.|^this\b/.test(path.original);
  if (!scoped && roots.includes(path.parts[0] ?? '')) return found(path.parts, true);
  return found([...start.steps, ...path.parts], false);
}

/** The scope of the body of `{{#each list}}`. */
export function itemScope(steps: readonly string[], outer: Scope): Scope {
  return { steps: [...steps, '[]'], outer };
}

/** `data.lastProducts[].product`. */
export function nameOf(steps: readonly string[]): string {
  return steps.reduce(
    (name, step) => (step === '[]' ? `${name}[]` : name === '' ? step : `${name}.${step}`),
    '',
  );
}

function found(parts: readonly string[], fromRoot: boolean): Resolved {
  return { kind: 'value', steps: parts.map((part) => (/^\d+$/.test(part) ? '[]' : part)), fromRoot };
}

export function isPath(node: hbs.AST.Node): node is hbs.AST.PathExpression {
  return node.type === 'PathExpression';
}
export function isCall(node: hbs.AST.Node): node is hbs.AST.SubExpression {
  return node.type === 'SubExpression';
}
export function isText(node: hbs.AST.Node): node is hbs.AST.StringLiteral {
  return node.type === 'StringLiteral';
}
export function isContent(node: hbs.AST.Node): node is hbs.AST.ContentStatement {
  return node.type === 'ContentStatement';
}
export function isMustache(node: hbs.AST.Node): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement';
}
export function isBlock(node: hbs.AST.Node): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}
export function isPartial(node: hbs.AST.Node): node is hbs.AST.PartialStatement {
  return node.type === 'PartialStatement';
}

/** Whether a mustache or sub-expression calls a helper rather than naming a value. */
export function callsHelper(node: hbs.AST.MustacheStatement | hbs.AST.SubExpression): boolean {
  return isCall(node) || node.params.length > 0 || (node.hash?.pairs.length ?? 0) > 0;
}
