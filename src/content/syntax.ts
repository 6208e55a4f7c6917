import Handlebars from 'handlebars';
import { blockHelpers, type HelperShape, helperShapes } from './helpers.ts';
import { ContentError, knownNames, type Report } from './problem.ts';
import {
  callsHelper,
  isBlock,
  isCall,
  isContent,
  isMustache,
  isPartial,
  isPath,
  itemScope,
  resolvePath,
  rootScope,
  roots,
  type Scope,
} from './scope.ts';
import { unfit, wrongTrait } from './trait-values.ts';

/** A parsed piece of a template: a layout, a module, or one value of a campaign file. */
export interface Template {
  readonly body: readonly hbs.AST.Statement[];
  readonly file: string;
  /** What to add to a line within the piece to get the line in its file. */
  readonly offset: number;
}

/** What a piece may name besides the letter's own context. */
export interface Vocabulary {
  /** Names under `slots.`. */
  readonly slots: readonly string[];
  /** Whether `{{subject}}`, `{{preheader}}` and `{{> modules}}` have a meaning: in a layout. */
  readonly frame: boolean;
  /** Whether it is for the letter that asks to confirm a sign-up, which has `signUp` and `urls.confirm`. */
  readonly asks?: boolean;
}

/** What `signUp.` can be followed by. */
const signUpNames: readonly string[] = ['sender', 'topics', 'requestedAt', 'expiresAt'];

/** Where a template reads the data of a name. */
export interface DataUse {
  readonly name: string;
  readonly line: number;
}

/**
 * Parses Handlebars.
 * @param firstLine the line of the file that the text begins on
 * @throws ContentError `template.syntax` naming file and line
 */
export function parseTemplate(text: string, file: string, firstLine: number): Template {
  try {
    return { body: Handlebars.parseWithoutProcessing(text).body, file, offset: firstLine - 1 };
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const within = Number(/on line (\d+)/.exec(said)?.[1] ?? / - (\d+):\d+$/.exec(said)?.[1] ?? 1);
    const lines = text.split('\n');
    const shown = (lines[within - 1] ?? lines.at(-1) ?? '').trim().slice(0, 100);
    const why = /doesn't match/.test(said) ? said.replace(/ - \d+:\d+$/, '') : explain(said);
    throw new ContentError(
      {
        level: 'error',
        code: 'template.syntax',
        file,
        line: Math.min(within, lines.length) + firstLine - 1,
        message: `the expression cannot be read (${why}): ${shown}`,
        mend: 'Every {{ needs its }}, and every {{#block}} its {{/block}}.',
      },
      cause,
    );
  }
}

function explain(said: string): string {
  const got = /got '(\w+)'/.exec(said)?.[1];
  if (got === 'EOF') return 'the text ends before it is closed';
  if (got?.startsWith('OPEN_ENDBLOCK')) return 'there is no open block that this closes';
  return got === undefined ? (said.split('\n')[0] ?? said) : 'something is out of place';
}

/** Checks that a piece says only what Dear's templates may say; returns what data it reads. */
export function checkTemplate(template: Template, vocabulary: Vocabulary, report: Report): DataUse[] {
  const checker: Checker = { template, vocabulary, report, uses: [] };
  checkBody(checker, template.body, rootScope);
  return checker.uses;
}

interface Checker {
  readonly template: Template;
  readonly vocabulary: Vocabulary;
  readonly report: Report;
  readonly uses: DataUse[];
}

function complain(checker: Checker, node: hbs.AST.Node, message: string, mend?: string): void {
  const { file, offset } = checker.template;
  const line = node.loc.start.line + offset;
  checker.report({ level: 'error', code: 'template.expression', file, line, message, mend });
}

function checkBody(checker: Checker, body: readonly hbs.AST.Statement[], scope: Scope): void {
  for (const node of body) {
    if (isMustache(node)) checkMustache(checker, node, scope);
    else if (isBlock(node)) checkBlock(checker, node, scope);
    else if (isPartial(node)) checkPartial(checker, node);
    else if (isContent(node)) {
      if (node.value.includes('{{')) complain(checker, node, 'letters cannot show {{ itself');
    } else if (node.type !== 'CommentStatement') {
      complain(checker, node, 'this kind of expression is not part of letters');
    }
  }
}

function checkPartial(checker: Checker, node: hbs.AST.PartialStatement): void {
  if (checker.vocabulary.frame && isPath(node.name) && node.name.original === 'modules') return;
  complain(checker, node, 'only a layout may hold {{> modules}}, and nothing else begins with {{>');
}

function checkMustache(checker: Checker, node: hbs.AST.MustacheStatement, scope: Scope): void {
  if (!node.escaped) {
    complain(checker, node, 'values are always escaped', 'Write {{ }}, not {{{ }}} or {{& }}.');
  } else if (callsHelper(node)) {
    checkCall(checker, node, scope);
  } else if (
    isPath(node.path) &&
    (node.path.original in helperShapes || blockHelpers.includes(node.path.original))
  ) {
    complain(checker, node, `the helper ${node.path.original} needs a value`);
  } else {
    checkExpression(checker, node.path, scope);
    checkKind(checker, node.path, scope, undefined);
  }
}

/** Whether a trait goes with the helper that it is handed to, or goes without any. */
function checkKind(
  checker: Checker,
  node: hbs.AST.Node | undefined,
  scope: Scope,
  helper: string | undefined,
): void {
  if (node === undefined || !isPath(node)) return;
  const resolved = resolvePath(node, scope);
  const wrong = resolved.kind === 'value' ? unfit(resolved.steps, helper) : undefined;
  if (wrong !== undefined) complain(checker, node, wrong.message, wrong.mend);
}

function checkBlock(checker: Checker, node: hbs.AST.BlockStatement, scope: Scope): void {
  const name = node.path.original;
  if (!blockHelpers.includes(name)) {
    complain(checker, node, `{{#${name}}} is not a block. ${knownNames(name, blockHelpers)}`);
    return;
  }
  const given = node.params[0];
  if (given === undefined || node.params.length > 1 || (node.hash?.pairs.length ?? 0) > 0) {
    complain(checker, node, `{{#${name}}} takes exactly one value`);
    return;
  }
  if ((node.program?.blockParams?.length ?? 0) > 0)
    complain(checker, node, `'as |name|' is not part of letters`);
  checkExpression(checker, given, scope);
  if (name === 'each' || name === 'with') checkKind(checker, given, scope, name);
  checkBody(checker, node.program?.body ?? [], bodyScope(node, scope));
  if (node.inverse) checkBody(checker, node.inverse.body, scope);
}

/** The scope of a block's body: an item of a list, what `with` names, or that of the block itself. */
export function bodyScope(node: hbs.AST.BlockStatement, scope: Scope): Scope {
  const name = node.path.original;
  if (name !== 'each' && name !== 'with') return scope;
  const given = node.params[0];
  const resolved = given && isPath(given) ? resolvePath(given, scope) : undefined;
  const steps = resolved?.kind === 'value' ? resolved.steps : ['(list)'];
  return name === 'each' ? itemScope(steps, scope) : { steps, outer: scope };
}

function checkCall(
  checker: Checker,
  node: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  scope: Scope,
): void {
  const name = isPath(node.path) ? node.path.original : '';
  const shape = Object.hasOwn(helperShapes, name) ? helperShapes[name] : undefined;
  if (shape === undefined) {
    complain(checker, node, `there is no helper '${name}'. ${knownNames(name, Object.keys(helperShapes))}`);
    return;
  }
  checkShape(checker, node, name, shape);
  checkKind(checker, node.params[0], scope, name);
  for (const param of node.params) checkExpression(checker, param, scope);
  for (const pair of node.hash?.pairs ?? []) checkExpression(checker, pair.value, scope);
}

function checkShape(
  checker: Checker,
  node: hbs.AST.MustacheStatement | hbs.AST.SubExpression,
  name: string,
  { values: [least, most], options = [] }: HelperShape,
): void {
  if (node.params.length < least || node.params.length > most) {
    const wanted = least === most ? `${least}` : `${least} to ${most}`;
    complain(
      checker,
      node,
      `the helper ${name} takes ${wanted} value${most === 1 ? '' : 's'}, not ${node.params.length}`,
    );
  }
  for (const pair of node.hash?.pairs ?? []) {
    if (!options.includes(pair.key)) {
      complain(
        checker,
        node,
        `the helper ${name} has no setting '${pair.key}'. ${knownNames(pair.key, options)}`,
      );
    }
  }
}

function checkExpression(checker: Checker, node: hbs.AST.Expression, scope: Scope): void {
  if (isCall(node)) checkCall(checker, node, scope);
  else if (isPath(node)) checkPath(checker, node, scope);
}

function checkPath(checker: Checker, path: hbs.AST.PathExpression, scope: Scope): void {
  const { vocabulary } = checker;
  const [root = '', name = ''] = path.parts;
  if (!path.data && path.depth === 0 && root === 'slots') {
    if (path.parts.length !== 2 || !vocabulary.slots.includes(name)) {
      complain(
        checker,
        path,
        `there is no slot '${path.parts.slice(1).join('.')}' here. ${knownNames(name, vocabulary.slots)}`,
      );
    }
    return;
  }
  if (vocabulary.frame && (path.original === 'subject' || path.original === 'preheader')) return;
  const resolved = resolvePath(path, scope);
  if (resolved.kind === 'refused') complain(checker, path, resolved.why);
  if (resolved.kind !== 'value') return;
  const [first, second] = resolved.steps;
  if (first === undefined || first === '(list)') return;
  if (first === 'signUp' && !vocabulary.asks) {
    complain(
      checker,
      path,
      `'${path.original}' has a value only in the letter that asks to confirm a sign-up`,
    );
  } else if (!roots.includes(first) || first === 'modules') {
    const guess = resolved.steps.length === 1 ? ` Did you mean profile.${first}?` : '';
    complain(
      checker,
      path,
      `'${path.original}' is not known here.${guess} A value begins with profile, traits, data, settings, urls or slots.`,
    );
  } else if (second === undefined) {
    complain(
      checker,
      path,
      `'${path.original}' names everything at once; say which value, such as ${first}.name`,
    );
  } else if (first === 'urls' && !(resolved.steps.length === 2 && urlNames(vocabulary).includes(second))) {
    const known = urlNames(vocabulary).map((name) => `urls.${name}`);
    complain(checker, path, `'${path.original}' is not known; known: ${known.join(', ')}`);
  } else if (first === 'signUp' && !signUpNames.includes(second)) {
    complain(checker, path, `'${path.original}' is not known. ${knownNames(second, signUpNames)}`);
  } else if (first === 'traits') {
    const wrong = wrongTrait(resolved.steps);
    if (wrong !== undefined) complain(checker, path, wrong);
  } else if (first === 'data') {
    checker.uses.push({ name: second, line: path.loc.start.line + checker.template.offset });
  }
}

const urlNames = ({ asks }: Vocabulary): readonly string[] =>
  asks ? ['confirm', 'unsubscribe', 'preferences'] : ['unsubscribe', 'preferences'];
