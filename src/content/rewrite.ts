import Handlebars from 'handlebars';
import { helperShapes } from './helpers.ts';
import {
  callsHelper,
  isBlock,
  isCall,
  isMustache,
  isPath,
  isText,
  nameOf,
  type Resolved,
  resolvePath,
  rootScope,
  roots,
  type Scope,
} from './scope.ts';
import { bodyScope } from './syntax.ts';

/** Which part of a context templates can read: `whole`, or only what lies under some keys (`[]`: each item). */
export interface Reads {
  whole: boolean;
  readonly keys: Map<string, Reads>;
}

/** Why a value is read: shown and needed, handed to a helper that can do without, or only tested. */
type Purpose = 'need' | 'value' | 'test';

interface Rewriting {
  readonly reads: Reads;
  readonly scope: Scope;
  /** Inside a link, where the whole target is escaped at its end. */
  readonly inLink: boolean;
}

export function noReads(): Reads {
  return { whole: false, keys: new Map() };
}

/**
 * Parses a letter's template and rewrites its tree: every value that is shown goes through `dearNeed` with its
 * name, and paths from the root lead to the root wherever they stand.
 * @param reads is told what the template can read
 */
export function rewriteTemplate(source: string, reads: Reads): hbs.AST.Program {
  return program(Handlebars.parse(source), { reads, scope: rootScope, inLink: false });
}

function program(tree: hbs.AST.Program, how: Rewriting): hbs.AST.Program {
  const body = tree.body.map((node) => {
    if (isMustache(node)) return mustache(node, how);
    return isBlock(node) ? block(node, how) : node;
  });
  return { ...tree, body };
}

function mustache(node: hbs.AST.MustacheStatement, how: Rewriting): hbs.AST.MustacheStatement {
  if (isPath(node.path) && node.path.original === 'dearLink') {
    return { ...node, escaped: false };
  }
  const escaped = node.escaped && !how.inLink;
  if (!callsHelper(node) && isPath(node.path)) {
    const resolved = resolvePath(node.path, how.scope);
    if (resolved.kind === 'loop') return node;
    if (resolved.kind === 'value' && resolved.steps[0] === 'urls') {
      const own = call('dearUrl', [absolute(node.path, resolved), text(nameOf(resolved.steps), node)], node);
      return { ...node, path: own.path, params: own.params, hash: own.hash, escaped: false };
    }
  }
  const expression = callsHelper(node) ? call(nameIn(node), node.params, node, node.hash) : node.path;
  const needed = rewrite(expression, how, 'need');
  if (!isCall(needed)) return { ...node, escaped };
  return { ...node, path: needed.path, params: needed.params, hash: needed.hash, escaped };
}

function block(node: hbs.AST.BlockStatement, how: Rewriting): hbs.AST.BlockStatement {
  const name = node.path.original;
  if (name === 'dearLink' || name === 'dearImage') {
    const params = [text(firstName(node, how.scope) ?? 'link', node)];
    return { ...node, params, program: program(node.program, { ...how, inLink: true }) };
  }
  const inner = { ...how, scope: bodyScope(node, how.scope) };
  const inverse = node.inverse ? { inverse: program(node.inverse, how) } : {};
  const params = node.params.map((param) => rewrite(param, how, 'test'));
  return { ...node, params, program: program(node.program, inner), ...inverse };
}

function rewrite(node: hbs.AST.Expression, how: Rewriting, purpose: Purpose): hbs.AST.Expression {
  if (isPath(node)) {
    const resolved = resolvePath(node, how.scope);
    if (resolved.kind !== 'value') return node;
    note(how.reads, resolved.steps, purpose !== 'test');
    const path = absolute(node, resolved);
    if (purpose !== 'need') return path;
    return call('dearNeed', [path, text(nameOf(resolved.steps), node)], node);
  }
  if (!isCall(node)) return node;
  const shape = helperShapes[nameIn(node)];
  const own = shape?.reads ?? 'value';
  const inner: Purpose = own === 'need' && purpose !== 'need' ? 'value' : own;
  const params = node.params.map((param) => rewrite(param, how, inner));
  const hash = node.hash && {
    ...node.hash,
    pairs: node.hash.pairs.map((pair) => ({ ...pair, value: rewrite(pair.value, how, inner) })),
  };
  const rewritten = { ...node, params, hash };
  if (purpose !== 'need') return rewritten;
  return call('dearNeed', [rewritten, text(firstName(node, how.scope) ?? nameIn(node), node)], node);
}

/** The path as one from the root, where it is: inside `#each` it would else be sought in the item. */
function absolute(
  path: hbs.AST.PathExpression,
  resolved: Extract<Resolved, { kind: 'value' }>,
): hbs.AST.PathExpression {
  if (!resolved.fromRoot || path.data) return path;
  return {
    ...path,
    data: true,
    depth: 0,
    parts: ['root', ...path.parts],
    original: `@root.${path.original}`,
  };
}

function note(reads: Reads, steps: readonly string[], whole: boolean): void {
  let at = reads;
  for (const step of steps) {
    const next = at.keys.get(step) ?? noReads();
    at.keys.set(step, next);
    at = next;
  }
  if (whole) at.whole = true;
}

/** The name of the first value that an expression or block reads, which stands for it when it is missing. */
function firstName(node: hbs.AST.Node, scope: Scope): string | undefined {
  if (isPath(node)) {
    const resolved = resolvePath(node, scope);
    return resolved.kind === 'value' && roots.includes(resolved.steps[0] ?? '')
      ? nameOf(resolved.steps)
      : undefined;
  }
  const parts: hbs.AST.Node[] = [];
  if (isBlock(node)) parts.push(...node.params, ...node.program.body, ...(node.inverse?.body ?? []));
  else if (isCall(node) || (isMustache(node) && callsHelper(node))) parts.push(...node.params);
  else if (isMustache(node)) parts.push(node.path);
  for (const part of parts) {
    const name = firstName(part, scope);
    if (name !== undefined) return name;
  }
  return undefined;
}

function nameIn(node: hbs.AST.MustacheStatement | hbs.AST.SubExpression): string {
  return isPath(node.path) ? node.path.original : isText(node.path) ? node.path.value : '';
}

function call(
  name: string,
  params: hbs.AST.Expression[],
  at: hbs.AST.Node,
  hash?: hbs.AST.Hash,
): hbs.AST.SubExpression {
  const path: hbs.AST.PathExpression = {
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [name],
    original: name,
    loc: at.loc,
  };
  return {
    type: 'SubExpression',
    path,
    params,
    hash: hash ?? { type: 'Hash', pairs: [], loc: at.loc },
    loc: at.loc,
  };
}

function text(value: string, at: hbs.AST.Node): hbs.AST.StringLiteral {
  return { type: 'StringLiteral', value, original: value, loc: at.loc };
}
