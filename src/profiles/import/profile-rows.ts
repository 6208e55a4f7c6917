import { readEmail } from '../email.ts';
import { attributeOfColumn, OWN_ID } from '../export-columns.ts';
import { wrongJson } from '../json.ts';
import type { ProfileContent } from '../port.ts';
import {
  FREQUENCY_FORM,
  type PreferencesChange,
  QUIET_HOURS_FORM,
  readFrequency,
  readQuietHours,
  readTimeZone,
} from '../preferences.ts';
import { type DateReading, readTime } from '../times.ts';
import { datesOf, expressionOr, missingColumn, namedValues } from './columns.ts';
import { consentReader, type MeantTopic } from './consent-rows.ts';
import { type Compiled, compileCondition } from './expression.ts';
import { externalIdReader } from './external-ids.ts';
import { Refused } from './filters.ts';
import type { ProfileMapping } from './mapping.ts';
import type { Shape } from './record.ts';
import type { RowReader } from './run.ts';
import { asItIs, declaredTyping, type Typing, typingOf } from './typing.ts';
import { whoReader } from './who-reader.ts';

/** What a row says about a customer, whose address is not known when external ids name them. */
export interface ImportedProfile extends ProfileContent {
  readonly email: string | undefined;
}

type Values = readonly unknown[];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Makes a mapping ready to read the profiles of one file. Columns that are not mapped are found by name.
 * @param meant tells misspelt names of topics
 * @throws DearError `import.mapping` when the mapping and the file do not fit, `consent.topic`
 */
export function profileReader(
  mapping: ProfileMapping,
  shape: Shape,
  source: string,
  meant: MeantTopic = () => undefined,
): RowReader<ImportedProfile> {
  const dates = datesOf(mapping.dates);
  const fits = compileCondition(mapping.when, shape);
  const email = expressionOr(mapping.email, ['email', 'emailaddress', 'mail'], shape, dates);
  if (email === undefined && mapping.externalIds === undefined)
    throw missingColumn('e-mail address', shape, '--map email=COLUMN');
  const preferences = preferenceReader(mapping, shape, dates);
  const consents = consentReader(mapping, shape, dates, { source, meant });
  const externalIds = externalIdReader(mapping.externalIds, shape, dates, mapping.guarded);
  const readWho = whoReader(email, externalIds.read, readEmail);
  const attributes = namedValues(
    mapping.attributes,
    {
      rest: mapping.rest === undefined ? mapping.attributes === undefined : mapping.rest === 'keep',
      used: new Set([
        ...(email?.columns ?? []),
        ...externalIds.columns,
        ...preferences.columns,
        ...consents.columns,
        ...(mapping.guarded ? [OWN_ID] : []),
      ]),
      nested: 'attributes',
      ...(mapping.guarded && shape.format === 'csv' && { nameOf: attributeOfColumn }),
      typing: typingFor(mapping, shape, dates),
    },
    shape,
    dates,
  );
  return (values, now) => {
    if (!fits(values)) return undefined;
    const who = readWho(values);
    if (who instanceof Refused) return who;
    const found = attributes(values);
    if (found instanceof Refused) return found;
    const wrong = wrongJson(found);
    if (wrong !== undefined) return new Refused(`it cannot be stored: ${wrong}`);
    const chosen = preferences.read(values);
    if (chosen instanceof Refused) return chosen;
    const stated = consents.read(values, now);
    if (stated instanceof Refused) return stated;
    const { email, externalIds: ids } = who;
    const said = { email, attributes: found, consents: stated };
    if (ids.length === 0 && chosen === nothing) return said;
    return { ...said, ...(ids.length > 0 && { externalIds: ids }), ...chosen };
  };
}

/** The mapping's word, or for CSV, which knows nothing but texts, the rule of `typedText`. */
function typingFor(mapping: ProfileMapping, shape: Shape, dates: DateReading) {
  const { types = {} } = mapping;
  return (name: string): Typing => {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type !== undefined) return declaredTyping(type, dates);
    return shape.format === 'csv' ? typingOf(name) : asItIs;
  };
}

interface FieldReader {
  readonly key: keyof PreferencesChange;
  readonly compiled: Compiled;
}

const nothing = Object.freeze({});

function preferenceReader(mapping: ProfileMapping, shape: Shape, dates: DateReading) {
  const keys = ['timeZone', 'frequency', 'quietHours', 'pausedUntil'] as const;
  const fields = keys.flatMap((key): FieldReader[] => {
    const compiled = expressionOr(mapping[key], [key], shape, dates);
    return compiled === undefined ? [] : [{ key, compiled }];
  });
  return {
    columns: fields.flatMap((field) => field.compiled.columns),
    read: (values: Values): PreferencesChange | Refused => {
      if (fields.length === 0) return nothing;
      const change: Mutable<PreferencesChange> = {};
      for (const { key, compiled } of fields) {
        const value = compiled.evaluate(values);
        if (value instanceof Refused) return value;
        if (value === undefined) continue;
        const refused = setPreference(change, key, value, dates);
        if (refused !== undefined) return refused;
      }
      return change;
    },
  };
}

/** null and 'default' go back to the default. */
function setPreference(
  change: Mutable<PreferencesChange>,
  key: keyof PreferencesChange,
  value: unknown,
  dates: DateReading,
): Refused | undefined {
  const text = String(value).trim();
  if (value === null || text === 'default') {
    change[key] = null;
    return undefined;
  }
  if (key === 'timeZone') change.timeZone = readTimeZone(text) ?? null;
  else if (key === 'frequency') change.frequency = readFrequency(text) ?? null;
  else if (key === 'quietHours') change.quietHours = readQuietHours(text) ?? null;
  else change.pausedUntil = readTime(value, dates) ?? null;
  return change[key] === null ? new Refused(wrongPreference[key]) : undefined;
}

const wrongPreference: Readonly<Record<keyof PreferencesChange, string>> = {
  timeZone: 'timeZone is no known time zone, such as Europe/Berlin',
  frequency: `frequency is not of the form ${FREQUENCY_FORM}`,
  quietHours: `quietHours is not of the form ${QUIET_HOURS_FORM}`,
  pausedUntil: 'pausedUntil is not a date that can be read',
};
