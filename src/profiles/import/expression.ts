import { DearError } from '../../errors.ts';
import { type Json, wrongJson } from '../json.ts';
import type { DateReading } from '../times.ts';
import { type Evaluated, makeFilter, Refused } from './filters.ts';
import type { Condition, Expression } from './mapping.ts';
import { type Cell, isEmpty, type Shape } from './record.ts';

/** An expression made ready for the columns of one file. */
export interface Compiled {
  /** The columns that it reads. */
  readonly columns: readonly string[];
  evaluate(values: readonly unknown[]): Evaluated;
}

/**
 * Makes a mapping's expression ready: a constant, a text with `{Column|filter:argument}` in it, or cases.
 * A text that is nothing but one `{Column}` keeps the value's type; a text of which a column is empty is
 * empty as a whole. `{{` and `}}` are braces.
 * @throws DearError `import.mapping` when it names a column or a filter that does not exist
 */
export function compileExpression(expression: Expression, shape: Shape, dates: DateReading): Compiled {
  if (Array.isArray(expression)) return compileCases(expression, shape, dates);
  if (typeof expression !== 'string') return { columns: [], evaluate: () => expression };
  return compileTemplate(expression, shape, dates);
}

function compileCases(
  cases: Exclude<Expression, string | number | boolean>,
  shape: Shape,
  dates: DateReading,
): Compiled {
  const compiled = cases.map(({ when, is }) => ({
    fits: compileCondition(when, shape),
    value: compileExpression(is, shape, dates),
  }));
  return {
    columns: [
      ...new Set([
        ...compiled.flatMap((one) => one.value.columns),
        ...cases.flatMap(({ when }) => Object.keys(when ?? {})),
      ]),
    ],
    evaluate: (values) => compiled.find((one) => one.fits(values))?.value.evaluate(values),
  };
}

type Part = string | { readonly column: string; read(values: readonly unknown[]): Evaluated };

function compileTemplate(text: string, shape: Shape, dates: DateReading): Compiled {
  const parts = partsOf(text).map(
    (part): Part => (typeof part === 'string' ? part : placeholder(part.inner, shape, dates)),
  );
  const columns = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.column]));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && typeof only !== 'string')
    return { columns, evaluate: only.read };
  return { columns, evaluate: (values) => joined(parts, values) };
}

function joined(parts: readonly Part[], values: readonly unknown[]): Evaluated {
  let text = '';
  for (const part of parts) {
    const piece = typeof part === 'string' ? part : part.read(values);
    if (piece === undefined || piece === null || piece instanceof Refused) return piece ?? undefined;
    text += typeof piece === 'object' ? JSON.stringify(piece) : String(piece);
  }
  return text;
}

/** Cuts `a {B|c} d` into texts and the insides of braces. */
function partsOf(text: string): (string | { inner: string })[] {
  const parts: (string | { inner: string })[] = [];
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if ((char === '{' || char === '}') && text[at + 1] === char) {
      plain += char;
      at += 1;
    } else if (char === '{') {
      const end = text.indexOf('}', at);
      if (end < 0)
        throw wrongMapping(`'${text}' opens a brace that is never closed`, 'Write {{ for a brace.');
      if (plain !== '') parts.push(plain);
      plain = '';
      parts.push({ inner: text.slice(at + 1, end) });
      at = end;
    } else if (char === '}')
      throw wrongMapping(`'${text}' closes a brace that was never opened`, 'Write }} for a brace.');
    else plain += char;
  }
  if (plain !== '' || parts.length === 0) parts.push(plain);
  return parts;
}

function placeholder(inner: string, shape: Shape, dates: DateReading): Exclude<Part, string> {
  const [name = '', ...steps] = inner.split('|');
  const column = name.trim();
  const cell = cellOf(column, shape);
  let fallback: string | undefined;
  const filters = steps.flatMap((step) => {
    const colon = step.indexOf(':');
    const filter = (colon < 0 ? step : step.slice(0, colon)).trim();
    const argument = colon < 0 ? undefined : step.slice(colon + 1);
    if (filter !== 'default') return [makeFilter(filter, argument, dates)];
    fallback = argument ?? '';
    return [];
  });
  const read = (values: readonly unknown[]): Evaluated => {
    const value = cell(values);
    if (isEmpty(value)) return fallback;
    let result: Evaluated =
      typeof value === 'string' || isJson(value)
        ? value
        : new Refused(`${column} holds what cannot be stored: ${wrongJson(value)}`);
    for (const filter of filters) {
      if (result === undefined || result instanceof Refused) return result;
      result = filter(result, column);
    }
    return result;
  };
  return { column, read };
}

/** Values come from CSV (texts) or JSON.parse; what JSON allows but a store does not is refused. */
function isJson(value: unknown): value is Json {
  return wrongJson(value) === undefined;
}

function cellOf(column: string, shape: Shape): Cell {
  const cell = shape.cell(column);
  if (cell !== undefined) return cell;
  throw wrongMapping(
    `the file has no column '${column}'`,
    `Its columns are: ${(shape.columns ?? []).slice(0, 50).join(', ')}.`,
  );
}

function wrongMapping(what: string, mend: string): DearError {
  return new DearError('import.mapping', `The mapping does not fit: ${what}.`, { kind: 'usage', mend });
}

/** A condition made ready; no condition always fits. All its columns must fit. */
export function compileCondition(
  condition: Condition | undefined,
  shape: Shape,
): (values: readonly unknown[]) => boolean {
  const tests = Object.entries(condition ?? {}).map(([column, test]) => {
    const cell = cellOf(column, shape);
    const checks = typeof test === 'object' ? checksOf(test) : checksOf({ is: test });
    return (values: readonly unknown[]) => {
      const value = cell(values);
      const text = value === undefined || value === null ? '' : String(value);
      return checks.every((check) => check(text));
    };
  });
  return (values) => tests.every((test) => test(values));
}

type Tests = Exclude<Condition[string], string | number | boolean>;

function checksOf(tests: Tests): ((text: string) => boolean)[] {
  const { is, isNot, in: among, startsWith, endsWith, contains, empty, above, below } = tests;
  const numeric = (text: string, check: (value: number) => boolean) =>
    text.trim() !== '' && Number.isFinite(Number(text)) && check(Number(text));
  const checks = [
    is !== undefined && ((text: string) => text === String(is)),
    isNot !== undefined && ((text: string) => text !== String(isNot)),
    among !== undefined && ((text: string) => among.some((one) => String(one) === text)),
    startsWith !== undefined && ((text: string) => text.startsWith(startsWith)),
    endsWith !== undefined && ((text: string) => text.endsWith(endsWith)),
    contains !== undefined && ((text: string) => text.includes(contains)),
    empty !== undefined && ((text: string) => (text.trim() === '') === empty),
    above !== undefined && ((text: string) => numeric(text, (value) => value > above)),
    below !== undefined && ((text: string) => numeric(text, (value) => value < below)),
  ];
  return checks.filter((check) => check !== false);
}

/** The value of an expression that a row cannot do without. */
export function required(compiled: Compiled, what: string): (values: readonly unknown[]) => Json | Refused {
  const [first] = compiled.columns;
  const reason = compiled.columns.length === 1 ? `${first} is empty` : `${what} is empty`;
  return (values) => {
    const value = compiled.evaluate(values);
    return value === undefined || value === null || value === '' ? new Refused(reason) : value;
  };
}
