import { DateTime } from 'luxon';
import { DearError } from '../../errors.ts';
import type { Json } from '../json.ts';
import { type DateReading, readTime } from '../times.ts';

/** Why a row cannot be used, in words without its data. Not an Error: files have many such rows. */
export class Refused {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** What an expression gives for a row; undefined when there is nothing. */
export type Evaluated = Json | undefined | Refused;

/** One step of `{Column|filter:argument}`. It never sees an empty value but in `default`. */
type Filter = (value: Json, column: string) => Evaluated;

const words: Readonly<Record<string, boolean>> = Object.freeze({
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
});

const makers: Readonly<Record<string, (argument: string | undefined, dates: DateReading) => Filter>> = {
  trim: () => (value) => String(value).trim(),
  lower: () => (value) => String(value).toLowerCase(),
  upper: () => (value) => String(value).toUpperCase(),
  text: () => (value) => (typeof value === 'object' ? JSON.stringify(value) : String(value)),
  integer: () => integer,
  number: (decimal) => (value, column) => number(value, column, decimal ?? '.'),
  boolean: () => (value, column) => {
    const word = String(value).trim().toLowerCase();
    return Object.hasOwn(words, word) ? words[word] : new Refused(`${column} is neither true nor false`);
  },
  date: (format, dates) => (value, column) =>
    moment(value, column, format, dates, (at) =>
      DateTime.fromMillis(at, { zone: dates.timeZone }).toISODate(),
    ),
  time: (format, dates) => (value, column) =>
    moment(value, column, format, dates, (at) => new Date(at).toISOString()),
};

const filterNames = [...Object.keys(makers), 'default'];

/** @throws DearError `import.mapping` when there is no such filter */
export function makeFilter(name: string, argument: string | undefined, dates: DateReading): Filter {
  const maker = Object.hasOwn(makers, name) ? makers[name] : undefined;
  if (maker === undefined) {
    throw new DearError('import.mapping', `The mapping uses the unknown filter '${name}'.`, {
      kind: 'usage',
      mend: `Filters are ${filterNames.join(', ')}.`,
    });
  }
  return maker(argument, dates);
}

/** '17850.0' is 17850: spreadsheets turn ids with gaps into decimals. */
function integer(value: Json, column: string): Evaluated {
  const text = String(value).trim();
  const whole = /^[+-]?\d+(?:\.0*)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(whole) ? whole + 0 : new Refused(`${column} is not a whole number`);
}

function number(value: Json, column: string, decimal: string): Evaluated {
  if (typeof value === 'number') return value;
  const text = String(value).trim();
  const plain = decimal === ',' ? text.replaceAll('.', '').replace(',', '.') : text;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(plain))
    return new Refused(`${column} is not a number`);
  const parsed = Number(plain);
  return Number.isFinite(parsed) ? parsed : new Refused(`${column} is not a number`);
}

function moment(
  value: Json,
  column: string,
  format: string | undefined,
  dates: DateReading,
  write: (at: number) => string | null,
): Evaluated {
  const at = readTime(value, format === undefined ? dates : { ...dates, format });
  const text = at === undefined ? null : write(at);
  return text ?? new Refused(`${column} is not a date that can be read`);
}
