import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ContentError } from './problem.ts';

/** A YAML text that fits its schema, with the line of each of its values. */
export interface ReadYaml<T> {
  readonly value: T;
  /** Line of each value, by its path: `variants.0.subject` → 12. */
  readonly lines: Readonly<Record<string, number>>;
}

type Path = readonly PropertyKey[];

/**
 * Reads YAML against a schema.
 * @param firstLine line of the file that the text's first line is
 * @throws ContentError `yaml.syntax` or `yaml.invalid`, naming file, path and line.
 */
export function readYaml<S extends z.ZodType>(
  text: string,
  file: string,
  firstLine: number,
  schema: S,
): ReadYaml<z.output<S>> {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const lineAt = (offset: number) => counter.linePos(offset).line + firstLine - 1;
  const broken = document.errors[0];
  if (broken) {
    const line = lineAt(broken.pos[0]);
    throw new ContentError({ level: 'error', code: 'yaml.syntax', file, line, message: `${broken.message}` });
  }
  const result = schema.safeParse(toJs(() => document.toJS({ maxAliasCount: 100 }), file, firstLine));
  if (!result.success) {
    const found = result.error.issues.map((issue) => describe(issue, document.contents, lineAt));
    const first = found[0];
    throw new ContentError({
      level: 'error',
      code: 'yaml.invalid',
      file,
      line: first?.line ?? firstLine,
      message: found
        .map(({ text }, index) => (index === 0 ? text : `line ${found[index]?.line}: ${text}`))
        .join('; '),
    });
  }
  const lines: Record<string, number> = {};
  collectLines(document.contents, [], lineAt, lines);
  return { value: result.data, lines };
}

/** Aliases that would blow up (a 'billion laughs') are refused by the library when it makes the value. */
function toJs(make: () => unknown, file: string, line: number): unknown {
  try {
    return make();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ContentError({ level: 'error', code: 'yaml.syntax', file, line, message }, cause);
  }
}

function describe(issue: z.core.$ZodIssue, root: unknown, lineAt: (offset: number) => number) {
  const wrongKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = wrongKey === undefined ? issue.path : [...issue.path, wrongKey];
  const name = path.join('.') || 'the file';
  const text =
    issue.code === 'unrecognized_keys' ? `${name} is not known here` : `${name}: ${lower(issue.message)}`;
  return { text, line: lineOf(root, path, lineAt) };
}

const lower = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** The line of the deepest part of `path` that exists. */
function lineOf(root: unknown, path: Path, lineAt: (offset: number) => number): number | undefined {
  let node: unknown = root;
  let offset = isNode(root) ? root.range?.[0] : undefined;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  return offset === undefined ? undefined : lineAt(offset);
}

function child(node: unknown, step: PropertyKey): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
    if (!pair) return undefined;
    return { node: pair.value, offset: isNode(pair.key) ? pair.key.range?.[0] : undefined };
  }
  if (isNode(node) && 'items' in node && Array.isArray(node.items)) {
    const item: unknown = node.items[Number(step)];
    return isNode(item) ? { node: item, offset: item.range?.[0] } : undefined;
  }
  return undefined;
}

function collectLines(
  node: unknown,
  path: readonly string[],
  lineAt: (offset: number) => number,
  into: Record<string, number>,
): void {
  if (!isNode(node)) return;
  if (node.range) into[path.join('.')] = lineAt(node.range[0]) + (isBlockScalar(node) ? 1 : 0);
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key)) collectLines(value, [...path, String(key.value)], lineAt, into);
    }
  } else if ('items' in node && Array.isArray(node.items)) {
    node.items.forEach((item: unknown, index: number) => {
      collectLines(item, [...path, String(index)], lineAt, into);
    });
  }
}

/** The text of a block scalar (`|` or `>`) begins on the line after its mark. */
function isBlockScalar(node: Node): boolean {
  return isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
}
