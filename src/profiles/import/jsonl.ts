import { isObject } from '../json.ts';
import type { Line } from './lines.ts';
import type { FileRow, Rows, Shape } from './record.ts';

/** Reads JSON Lines: one object a line; blank lines do not count. */
export function jsonlRows(lines: AsyncIterable<Line[]>): Rows {
  const blocks = async function* (): AsyncGenerator<readonly FileRow[]> {
    for await (const block of lines) yield block.flatMap(rowOf);
  };
  return { shape: jsonlShape, blocks: blocks() };
}

function rowOf(line: Line): FileRow[] {
  const row = { line: line.number, text: line.text, values: [] };
  if (line.broken !== undefined) return [{ ...row, broken: line.broken }];
  if (line.text.trim() === '') return [];
  try {
    const value: unknown = JSON.parse(line.text);
    return [isObject(value) ? { ...row, values: [value] } : { ...row, broken: 'the line is no JSON object' }];
  } catch {
    return [{ ...row, broken: 'the line is no JSON' }];
  }
}

const jsonlShape: Shape = {
  format: 'jsonl',
  columns: undefined,
  cell: (name) => (values) => at(values[0], name),
  others: (but) => (values) => {
    const [object] = values;
    return isObject(object) ? Object.entries(object).filter(([key]) => !but.has(key)) : [];
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
