import { parse } from 'csv-parse/sync';
import { DearError } from '../../errors.ts';
import { formulaUnguarded } from '../formula-safe.ts';
import { CsvRecords } from './csv-records.ts';
import { type Line, type Lines, linesIn } from './lines.ts';
import type { FileRow, Rows, Shape } from './record.ts';

const candidates = [',', ';', '\t', '|'];

/**
 * Reads CSV (RFC 4180, with any one-character delimiter). The first row names the columns.
 * @param delimiter when absent the header's most frequent one of comma, semicolon, tab and pipe
 * @param isGuarded whether cells are as `formulaSafe` writes them
 * @throws DearError `import.header` when there is no header to use
 */
export async function csvRows(
  lines: AsyncIterable<Lines>,
  name: string,
  delimiter: string | undefined,
  isGuarded = false,
): Promise<Rows> {
  const iterator = lines[Symbol.asyncIterator]();
  const head: Line[] = [];
  let header: { text: string; rest: Line[] } | undefined;
  while (header === undefined) {
    const next = await iterator.next();
    if (next.done) break;
    for (const line of linesIn(next.value)) head.push(line);
    header = headerOf(head);
  }
  header ??= headerOf(head, true);
  if (header === undefined) throw badHeader(name, 'it is empty');
  const chosen = delimiter ?? sniff(header.text);
  const columns = columnsOf(header.text, chosen, name);
  const { rest } = header;
  const shape = shapeOf(columns, isRefusedFile(name, columns), isGuarded);
  const blocks = async function* (): AsyncGenerator<readonly FileRow[]> {
    try {
      const records = new CsvRecords(chosen, columns.length);
      yield records.push(rest);
      for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
        yield records.take(next.value);
      }
      yield records.end();
    } finally {
      await iterator.return?.();
    }
  };
  const again = (text: string) => new CsvRecords(chosen, columns.length).whole(text);
  return { shape, blocks: blocks(), again };
}

/** The first row that is not blank, as soon as its quotes are closed; a header rarely runs over lines. */
function headerOf(lines: readonly Line[], isAll = false): { text: string; rest: Line[] } | undefined {
  const start = lines.findIndex((line) => line.text.trim() !== '');
  if (start < 0) return undefined;
  let text = '';
  for (let end = start; end < Math.min(lines.length, start + 100); end += 1) {
    text += `${end > start ? '\n' : ''}${lines[end]?.text.replace(/\r$/, '') ?? ''}`;
    if ((text.split('"').length - 1) % 2 === 0) return { text, rest: lines.slice(end + 1) };
  }
  return isAll || lines.length > start + 100 ? { text, rest: lines.slice(start + 1) } : undefined;
}

function sniff(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = candidates.map((candidate) => bare.split(candidate).length);
  return candidates[counts.indexOf(Math.max(...counts))] ?? ',';
}

function columnsOf(text: string, delimiter: string, name: string): string[] {
  let columns: string[] | undefined;
  try {
    columns = parse(text, { delimiter, bom: true, relax_column_count: true, max_record_size: 0 })[0];
  } catch (cause) {
    throw badHeader(name, 'its first row, which must name the columns, cannot be read', cause);
  }
  if (/\r(?!\n|$)/.test(text))
    throw badHeader(name, 'its lines end with a carriage return alone, as those of old Macs did');
  const trimmed = (columns ?? []).map((column) => column.trim());
  const twice = trimmed.find((column, index) => column !== '' && trimmed.indexOf(column) !== index);
  if (twice !== undefined) throw badHeader(name, `two of its columns are called '${twice}'`);
  if (trimmed.every((column) => column === '')) throw badHeader(name, 'its first row names no column');
  return trimmed;
}

function badHeader(name: string, why: string, cause?: unknown): DearError {
  return new DearError('import.header', `The file ${name} cannot be imported: ${why}.`, {
    mend: 'The first row of a CSV file names its columns, each once; --delimiter says what stands between them.',
    cause,
  });
}

function isRefusedFile(name: string, [first, second]: readonly string[]): boolean {
  return /\.refused\.csv(\.gz)?$/i.test(name) && first === 'line' && second === 'reason';
}

/**
 * Refused rows that were mended begin with line and reason, which are no data. They were guarded once more than the file
 * that they come from.
 */
function shapeOf(columns: readonly string[], isMended: boolean, isGuarded: boolean): Shape {
  const own = isMended ? ['', '', ...columns.slice(2)] : columns;
  const names = isGuarded ? own.map(formulaUnguarded) : own;
  if (!isMended && !isGuarded) return csvShape(names);
  return isMended && isGuarded
    ? csvShape(names, (cell) => unguarded(unguarded(cell)))
    : csvShape(names, unguarded);
}

const unguarded = (cell: unknown) => (typeof cell === 'string' ? formulaUnguarded(cell) : cell);

/** @param read what a cell says */
function csvShape(columns: readonly string[], read = (cell: unknown) => cell): Shape {
  return {
    format: 'csv',
    columns: columns.filter((column) => column !== ''),
    cell: (name) => {
      const index = name === '' ? -1 : columns.indexOf(name);
      return index < 0 ? undefined : (values) => read(values[index]);
    },
    others: (but) => {
      const places = [...columns.entries()].filter(([, column]) => column !== '' && !but.has(column));
      return (values, visit, into) => {
        for (const [index, column] of places) {
          const refused = visit(into, column, read(values[index]));
          if (refused !== undefined) return refused;
        }
        return undefined;
      };
    },
  };
}
