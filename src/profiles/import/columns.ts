import { DearError } from '../../errors.ts';
import { isObject, type Json, wrongKey } from '../json.ts';
import { readTimeZone } from '../preferences.ts';
import type { DateReading } from '../times.ts';
import { type Compiled, compileExpression } from './expression.ts';
import { type Evaluated, Refused } from './filters.ts';
import type { EventMapping, Expression } from './mapping.ts';
import { isEmpty, type Shape } from './record.ts';
import { asItIs, type Typing } from './typing.ts';

/** Names that spell the same: `E-Mail`, `e_mail` and `EMAIL`. */
export const plainName = (name: string): string => name.toLowerCase().replace(/[\s._-]+/g, '');

/** The file's column that spells one of the given names; JSON Lines have no header, there the first name holds. */
export function findColumn(shape: Shape, names: readonly string[]): string | undefined {
  if (shape.columns === undefined) return names[0];
  const wanted = names.map(plainName);
  return shape.columns.find((column) => wanted.includes(plainName(column)));
}

/** `{Column}` of a column's own name, however it is spelt. */
function columnExpression(column: string, shape: Shape): Compiled {
  const cell = shape.cell(column) ?? (() => undefined);
  return {
    columns: [column],
    evaluate: (values) => {
      const value = cell(values);
      return isEmpty(value) && value !== null ? undefined : asJson(value);
    },
  };
}

/** The expression of the mapping, or else the file's column that spells one of the names. */
export function expressionOr(
  given: Expression | undefined,
  names: readonly string[],
  shape: Shape,
  dates: DateReading,
): Compiled | undefined {
  if (given !== undefined) return compileExpression(given, shape, dates);
  const column = findColumn(shape, names);
  return column === undefined ? undefined : columnExpression(column, shape);
}

/** The same by the order of the names; each row of JSON Lines may have another of them, and the first that it has counts. */
export function expressionOrAny(
  given: Expression | undefined,
  names: readonly string[],
  shape: Shape,
  dates: DateReading,
): Compiled | undefined {
  if (given !== undefined) return expressionOr(given, names, shape, dates);
  const all = names.flatMap((name) => expressionOr(undefined, [name], shape, dates) ?? []);
  const each = shape.columns === undefined ? all : all.slice(0, 1);
  if (each.length === 0) return undefined;
  return {
    columns: each.flatMap((one) => one.columns),
    evaluate: (values) => {
      for (const one of each) {
        const found = one.evaluate(values);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/**
 * Named values of a row: those that the mapping names, and, when the rest is kept, every other column under
 * its own name. `nested` is the JSON Lines key whose object holds more of them.
 */
export function namedValues(
  given: Readonly<Record<string, Expression>> | undefined,
  options: {
    rest: boolean;
    used: ReadonlySet<string>;
    nested: string;
    /** What a column names that is not mapped; itself, unless it says otherwise. */
    nameOf?: (column: string) => string;
    /** How values are typed that come as they stand in a column. */
    typing?: (name: string) => Typing;
  },
  shape: Shape,
  dates: DateReading,
): (values: readonly unknown[]) => Record<string, Json> | Refused {
  const typing = remembered(options.typing ?? (() => asItIs));
  const named = Object.entries(given ?? {}).map(([name, expression]) => {
    checkName(name);
    const compiled = compileExpression(expression, shape, dates);
    return [name, typed(name, compiled, isBareColumn(expression) ? typing(name) : asItIs)] as const;
  });
  const used = new Set([...options.used, ...named.flatMap(([, compiled]) => compiled.columns)]);
  const nameOf = options.nameOf ?? ((column: string) => column);
  if (options.rest)
    for (const column of shape.columns ?? []) if (!used.has(column)) checkName(nameOf(column));
  const others = options.rest ? shape.others(used) : undefined;
  const add = otherAdder(shape.format === 'jsonl' ? options.nested : undefined, nameOf, typing);
  return (values) => {
    const result: Record<string, Json> = {};
    const refused = others?.(values, add, result);
    if (refused !== undefined) return refused;
    for (const [name, compiled] of named) {
      const value = compiled.evaluate(values);
      if (value instanceof Refused) return value;
      if (value !== undefined) result[name] = value;
    }
    return result;
  };
}

/** Adds one of the columns that the mapping does not name. */
function otherAdder(
  nested: string | undefined,
  nameOf: (column: string) => string,
  typing: (name: string) => Typing,
) {
  const add = (result: Record<string, Json>, name: string, value: unknown): Refused | undefined => {
    if (value === '' || value === undefined) return undefined;
    if (name === nested && isObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        const refused = addInner(result, key, inner);
        if (refused !== undefined) return refused;
      }
      return undefined;
    }
    return addInner(result, nameOf(name), value);
  };
  const addInner = (result: Record<string, Json>, name: string, value: unknown): Refused | undefined => {
    if (value === '' || value === undefined) return undefined;
    // Checked here and not at the end: setting __proto__ would not make a key that could be found later.
    if (name === '__proto__') return new Refused(`it cannot be stored: ${wrongKey(name)}`);
    const json = asJson(value);
    if (json === undefined || json instanceof Refused) return undefined;
    const own = isEmpty(json) ? json : typing(name)(json, name);
    if (own instanceof Refused) return own;
    if (own !== undefined) result[name] = own;
    return undefined;
  };
  return add;
}

/** `{Column}` and nothing else: its value is typed, while a filter or a text around it says what it is. */
const isBareColumn = (expression: Expression) =>
  typeof expression === 'string' && /^\{[^{}|]+\}$/.test(expression);

function typed(name: string, compiled: Compiled, typing: Typing): Compiled {
  const evaluate = (values: readonly unknown[]): Evaluated => {
    const value = compiled.evaluate(values);
    return isEmpty(value) || value === undefined || value instanceof Refused ? value : typing(value, name);
  };
  return typing === asItIs ? compiled : { ...compiled, evaluate };
}

function remembered(work: (name: string) => Typing): (name: string) => Typing {
  const known = new Map<string, Typing>();
  return (name) => {
    const typing = known.get(name) ?? work(name);
    // Every row of JSON Lines may have names of its own.
    if (known.size < 1000) known.set(name, typing);
    return typing;
  };
}

/** Files give texts and what JSON.parse gives; the whole of a row is checked with `wrongJson` before it is used. */
function asJson(value: unknown): Evaluated {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  // JSON.parse makes nothing but JSON; this is the one seam where its `unknown` gets its name.
  return value === undefined ? undefined : (value as Json);
}

function checkName(name: string): void {
  const wrong = wrongKey(name);
  if (wrong === undefined) return;
  throw new DearError('import.mapping', `A column or a name of the mapping cannot be used: ${wrong}.`, {
    kind: 'usage',
    mend: 'Give it another name in the mapping, or leave it out with `rest: drop`.',
  });
}

/** How a mapping wants its dates read. @throws DearError `import.mapping` when the zone is unknown */
export function datesOf(given: EventMapping['dates']): DateReading {
  const timeZone = given?.timeZone ?? 'UTC';
  if (readTimeZone(timeZone) === undefined) {
    throw new DearError('import.mapping', `The time zone '${timeZone}' is unknown.`, {
      kind: 'usage',
      mend: 'Use a name such as Europe/Berlin.',
    });
  }
  const millis = (date: string | undefined) => (date === undefined ? undefined : Date.parse(date));
  return { timeZone, format: given?.format, from: millis(given?.from), until: millis(given?.until) };
}

/** @throws DearError `import.mapping`: the file lacks something that every row must have */
export function missingColumn(what: string, shape: Shape, option: string): DearError {
  const columns = shape.columns?.slice(0, 50).join(', ');
  return new DearError(
    'import.mapping',
    `No column holds the ${what}${columns ? `; there are: ${columns}` : ''}.`,
    {
      kind: 'usage',
      mend: `Say where it is with ${option}, or with a mapping file.`,
    },
  );
}
