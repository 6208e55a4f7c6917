import { isObject } from '../json.ts';
import { type Line, type Lines, linesIn } from './lines.ts';
import type { FileRow, Rows, Shape } from './record.ts';

/** Reads JSON Lines: one object a line; blank lines do not count. */
export function jsonlRows(lines: AsyncIterable<Lines>): Rows {
  const blocks = async function* (): AsyncGenerator<readonly FileRow[]> {
    for await (const block of lines) yield linesIn(block).flatMap(rowOf);
  };
  return { shape: jsonlShape, blocks: blocks(), again: valuesOf };
}

function rowOf(line: Line): FileRow[] {
  const row = { line: line.number, text: line.text, values: [] };
  if (line.broken !== undefined) return [{ ...row, broken: line.broken }];
  if (line.text.trim() === '') return [];
  try {
    const values = valuesOf(line.text);
    return [isObject(values[0]) ? { ...row, values } : { ...row, broken: 'the line is no JSON object' }];
  } catch {
    return [{ ...row, broken: 'the line is no JSON' }];
  }
}

function valuesOf(text: string): readonly unknown[] {
  return [JSON.parse(text)];
}

const jsonlShape: Shape = {
  format: 'jsonl',
  columns: undefined,
  cell: (name) => (values) => at(values[0], name),
  others: (but) => (values, visit, into) => {
    const [object] = values;
    if (!isObject(object)) return undefined;
    for (const [key, value] of Object.entries(object)) {
      const refused = but.has(key) ? undefined : visit(into, key, value);
      if (refused !== undefined) return refused;
    }
    return undefined;
  },
};

/** A key of the object, or a path of keys joined with dots. */
function at(object: unknown, name: string): unknown {
  if (!isObject(object)) return undefined;
  if (Object.hasOwn(object, name)) return object[name];
  const dot = name.indexOf('.');
  if (dot < 0) return undefined;
  const head = name.slice(0, dot);
  return Object.hasOwn(object, head) ? at(object[head], name.slice(dot + 1)) : undefined;
}
