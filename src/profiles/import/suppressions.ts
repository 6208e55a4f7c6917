import { normaliseEmail } from '../email.ts';
import { formulaUnguarded } from '../formula-safe.ts';
import { wrongJson } from '../json.ts';
import type { Suppression, SuppressionStore } from '../port.ts';
import { sourceOfFile } from '../sources.ts';
import { type DateReading, readTime, wrongMoment } from '../times.ts';
import { datesOf, expressionOr, expressionOrAny, missingColumn } from './columns.ts';
import { type Compiled, compileCondition, required } from './expression.ts';
import { Refused } from './filters.ts';
import { type ImportOptions, type ImportReport, withRows } from './import.ts';
import type { SuppressionMapping } from './mapping.ts';
import type { Shape } from './record.ts';
import type { RowReader } from './run.ts';
import { gathered, runImport } from './run.ts';

const TEXT_MAX = 200;

/**
 * Imports addresses that must not be mailed, such as the list of a system that was used before, or a file that
 * `dear suppressions export` wrote. Of several rows for one address the first stands, and one that is
 * suppressed already stays as it is. Rows without a reason get `reason`.
 * @throws DearError when the file cannot be read or does not fit the mapping; never because of a row
 */
export async function importSuppressions(
  store: Pick<SuppressionStore, 'add'>,
  mapping: SuppressionMapping,
  reason: string,
  options: ImportOptions,
): Promise<ImportReport> {
  return withRows(mapping, options, (input) =>
    runImport({
      ...input,
      read: suppressionReader(mapping, input.rows.shape, reason, sourceOfFile(input.name)),
      gather: () =>
        gathered<Suppression>(
          async (batch) => {
            const added = await store.add(batch);
            return { added, updated: 0, unchanged: batch.length - added };
          },
          { key: (one) => one.address, merge: (earlier) => earlier },
        ),
    }),
  );
}

function suppressionReader(
  mapping: SuppressionMapping,
  shape: Shape,
  reason: string,
  source: string,
): RowReader<Suppression> {
  const dates = datesOf(mapping.dates);
  const fits = compileCondition(mapping.when, shape);
  const email = expressionOrAny(mapping.email, ['email', 'emailAddress', 'mail', 'address'], shape, dates);
  if (email === undefined) throw missingColumn('e-mail address', shape, '--map email=COLUMN');
  const readEmail = required(email, 'email');
  const texts = {
    // A file of refused rows has a column 'reason' of its own.
    reason: expressionOrAny(mapping.reason, ['why', 'reason'], shape, dates),
    source: expressionOr(mapping.source, ['source'], shape, dates),
  };
  const when = expressionOrAny(mapping.at, ['at', 'since', 'suppressedAt'], shape, dates);
  return (values, now) => {
    if (!fits(values)) return undefined;
    const given = readEmail(values);
    if (given instanceof Refused) return given;
    const address = typeof given === 'string' ? normaliseEmail(formulaUnguarded(given.trim())) : undefined;
    if (address === undefined) return new Refused('the e-mail address is not valid');
    const why = textOf(texts.reason, values, 'reason') ?? reason;
    if (why instanceof Refused) return why;
    const from = textOf(texts.source, values, 'source') ?? source;
    if (from instanceof Refused) return from;
    const at = momentOf(when?.evaluate(values), dates, now);
    // Not to be mailed is what counts: that the date cannot be read is told with where it came from.
    const told = at instanceof Refused ? `${from.slice(0, TEXT_MAX / 2)} (${at.reason})` : from;
    return { address, reason: why, source: told, at: at instanceof Refused ? now : (at ?? now) };
  };
}

/** A short text of a row; undefined when the row has none. */
function textOf(
  compiled: Compiled | undefined,
  values: readonly unknown[],
  what: string,
): string | Refused | undefined {
  const value = compiled?.evaluate(values);
  if (value instanceof Refused) return value;
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'object') return new Refused(`the ${what} is no text`);
  const text = formulaUnguarded(String(value).trim());
  if (wrongJson(text) !== undefined) return new Refused(`the ${what} holds characters that cannot be stored`);
  return text === '' ? undefined : text.slice(0, TEXT_MAX);
}

function momentOf(value: unknown, dates: DateReading, now: number): number | undefined | Refused {
  if (value instanceof Refused || value === undefined || value === null) return value ?? undefined;
  const at = readTime(value, dates);
  if (at === undefined) return new Refused('the date cannot be read');
  return wrongMoment(at, now) === undefined ? at : new Refused('the date is before 1990 or in the future');
}
