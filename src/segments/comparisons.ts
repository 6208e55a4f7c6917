import { firstDayFrom } from './calendar.ts';
import { DAY_LENGTH, isDayText, MOST_OFFSET, utcText } from './dates.ts';
import { type AsOf, spanOf } from './moment.ts';
import type { Operators } from './rule-parts.ts';

/** What a comparison asks of one value; the same meaning as the operator that was written. */
export type Test =
  | { kind: 'oneOf'; values: readonly (string | number | boolean)[]; wanted: boolean }
  | { kind: 'order'; operator: Bound['operator']; value: number | string }
  | { kind: 'text'; operator: 'contains' | 'startsWith' | 'endsWith'; value: string }
  | { kind: 'exists'; wanted: boolean }
  | DateTest;

/** Dates compare as texts: a day alone with `days`, which are of the rule's zone, an instant, in UTC, with `instants`. */
export interface DateTest {
  readonly kind: 'date';
  readonly days: TextSpan;
  readonly instants: TextSpan;
  /** Outside of it lies no instant that fits, however far its own zone is from UTC. */
  readonly written: TextSpan;
}

/** `from` belongs to the stretch, `until` does not. */
export interface TextSpan {
  readonly from: string | undefined;
  readonly until: string | undefined;
}

export interface Bound {
  readonly operator: 'gt' | 'gte' | 'lt' | 'lte';
  readonly value: number;
}

export const ORDERS = ['gt', 'gte', 'lt', 'lte'] as const;

/** The operator of a comparison as a test. */
export function testOf(operators: Operators, asOf: AsOf): Test {
  const { is, isNot, contains, startsWith, endsWith, exists } = operators;
  if (is !== undefined) return { kind: 'oneOf', values: [is], wanted: true };
  if (isNot !== undefined) return { kind: 'oneOf', values: [isNot], wanted: false };
  if (operators.in !== undefined) return { kind: 'oneOf', values: operators.in, wanted: true };
  if (operators.notIn !== undefined) return { kind: 'oneOf', values: operators.notIn, wanted: false };
  for (const operator of ORDERS) {
    const value = operators[operator];
    if (value !== undefined) return { kind: 'order', operator, value };
  }
  if (contains !== undefined) return { kind: 'text', operator: 'contains', value: contains };
  if (startsWith !== undefined) return { kind: 'text', operator: 'startsWith', value: startsWith };
  if (endsWith !== undefined) return { kind: 'text', operator: 'endsWith', value: endsWith };
  if (exists !== undefined) return { kind: 'exists', wanted: exists };
  const { from, until } = spanOf(operators, asOf);
  const zone = operators.zone ?? asOf.zone;
  return {
    kind: 'date',
    days: { from: dayText(from, zone), until: dayText(until, zone) },
    instants: { from: instantText(from), until: instantText(until) },
    written: { from: instantText(from - MOST_OFFSET), until: instantText(until + MOST_OFFSET) },
  };
}

const dayText = (at: number, zone: string) => (Number.isFinite(at) ? firstDayFrom(at, zone) : undefined);

/**
 * The shortest text that no text of the same moment sorts before, so that comparing texts compares times:
 * a day's first instant is its date, and `2011-10-01` is not before it. Undefined beyond the years of four digits.
 */
function instantText(at: number): string | undefined {
  if (!Number.isFinite(at)) return undefined;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return undefined;
  const text = date.toISOString();
  const short = text.replace(/\.?0*Z$/, '').replace(/(T00:00)?:00$/, '');
  return /^\d/.test(text) ? short : undefined;
}

/** Whether a value passes a test. */
export function passes(value: unknown, test: Test): boolean {
  if (test.kind === 'exists') return (value !== undefined && value !== null) === test.wanted;
  if (test.kind === 'oneOf') return test.values.some((wanted) => wanted === value) === test.wanted;
  if (test.kind === 'order') {
    if (typeof value === 'number' && typeof test.value === 'number') {
      return holds(test.operator, Math.sign(value - test.value));
    }
    return (
      typeof value === 'string' &&
      typeof test.value === 'string' &&
      holds(test.operator, compareTexts(value, test.value))
    );
  }
  if (test.kind === 'text') return textPasses(value, test);
  return typeof value === 'string' && dateFits(value, test);
}

function textPasses(value: unknown, { operator, value: wanted }: Extract<Test, { kind: 'text' }>): boolean {
  if (operator === 'contains' && Array.isArray(value)) return value.includes(wanted);
  if (typeof value !== 'string') return false;
  if (operator === 'contains') return value.includes(wanted);
  return operator === 'startsWith' ? value.startsWith(wanted) : value.endsWith(wanted);
}

function dateFits(text: string, { days, instants }: DateTest): boolean {
  const isDay = text.length === DAY_LENGTH;
  const { from, until } = isDay ? days : instants;
  const plain = isDay ? (isDayText(text) ? text : undefined) : utcText(text);
  if (plain === undefined) return false;
  return (
    (from === undefined || compareTexts(plain, from) >= 0) &&
    (until === undefined || compareTexts(plain, until) < 0)
  );
}

/** By code point, as both databases compare bytes of UTF-8; JavaScript's own `<` differs beyond U+FFFF. */
function compareTexts(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** Whether a figure keeps all bounds. */
export function withinBounds(figure: number, bounds: readonly Bound[]): boolean {
  return bounds.every(({ operator, value }) => holds(operator, Math.sign(figure - value)));
}

/** Whether an operator holds, given how the left side compares: -1 less, 0 equal, 1 greater. */
function holds(operator: Bound['operator'], comparison: number): boolean {
  if (operator === 'gt') return comparison > 0;
  if (operator === 'gte') return comparison >= 0;
  if (operator === 'lt') return comparison < 0;
  return comparison <= 0;
}
