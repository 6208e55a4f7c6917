import { type SQL, sql } from 'drizzle-orm';
import type { Test } from '../segments/comparisons.ts';
import type { Phrases } from './database.ts';
import { dateFits } from './segment-dates.ts';
import { type SegmentPhrases, segmentPhrases } from './segment-phrases.ts';

/** One value that a rule can ask about, as expressions that are NULL where the value is of another type. */
export interface Value {
  readonly text: SQL;
  readonly number: SQL;
  /** 'true' or 'false'. */
  readonly boolean: SQL;
  readonly exists: SQL;
  /** Whether it is a list with this text in it. */
  listHas(element: string): SQL;
}

/** A column that holds a text, or nothing. */
export function textValue(column: SQL): Value {
  const none = sql`NULL`;
  return {
    text: column,
    number: none,
    boolean: none,
    exists: sql`(${column} IS NOT NULL)`,
    listHas: () => sql`(1 = 0)`,
  };
}

/** A property of a JSON column. */
export function jsonValue(column: SQL, key: string, phrases: Phrases): Value {
  const own = segmentPhrases(phrases);
  return {
    text: own.text(column, key),
    number: own.number(column, key),
    boolean: own.boolean(column, key),
    exists: own.exists(column, key),
    listHas: (element) => own.listHas(column, key, element),
  };
}

/** The condition that a value passes a test; false, never NULL, where the value is absent or of another type. */
export function valuePasses(value: Value, test: Test, phrases: Phrases): SQL {
  const own = segmentPhrases(phrases);
  if (test.kind === 'exists') {
    const exists = sql`(${value.exists}) IS TRUE`;
    return test.wanted ? sql`(${exists})` : sql`(NOT ${exists})`;
  }
  if (test.kind === 'oneOf') {
    const equal = isOneOf(value, test.values);
    return test.wanted ? equal : sql`(NOT ${equal})`;
  }
  if (test.kind === 'order') return inOrder(value, test, own);
  if (test.kind === 'text') return textPasses(value, test, own);
  return dateFits(value.text, test, phrases);
}

function isOneOf(value: Value, wanted: readonly (string | number | boolean)[]): SQL {
  const texts = wanted.filter((one) => typeof one === 'string').map((one) => sql`CAST(${one} AS text)`);
  const numbers = wanted.filter((one) => typeof one === 'number').map(double);
  const booleans = wanted.filter((one) => typeof one === 'boolean').map((one) => sql`${String(one)}`);
  const parts = [
    ...equalToOne(value.text, texts),
    ...equalToOne(value.number, numbers),
    ...equalToOne(value.boolean, booleans),
  ];
  return sql`((${sql.join(parts, sql` OR `)}) IS TRUE)`;
}

function equalToOne(expression: SQL, values: readonly SQL[]): SQL[] {
  return values.length === 0 ? [] : [sql`${expression} IN (${sql.join([...values], sql`, `)})`];
}

const double = (value: number) => sql`CAST(${value} AS double precision)`;
const SIGNS = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` } as const;

function inOrder(value: Value, test: Extract<Test, { kind: 'order' }>, own: SegmentPhrases): SQL {
  const sign = SIGNS[test.operator];
  if (typeof test.value === 'number') return sql`((${value.number} ${sign} ${double(test.value)}) IS TRUE)`;
  return sql`((${own.ordered(value.text)} ${sign} CAST(${test.value} AS text)) IS TRUE)`;
}

function textPasses(value: Value, test: Extract<Test, { kind: 'text' }>, own: SegmentPhrases): SQL {
  const passes = sql`(${own[test.operator](value.text, test.value)}) IS TRUE`;
  return test.operator === 'contains'
    ? sql`(${passes} OR (${value.listHas(test.value)}) IS TRUE)`
    : sql`(${passes})`;
}
