import { DearError } from '../../errors.ts';
import { type ConsentChange, EVIDENCE_MAX, type Evidence, isTopic, readConsentState } from '../consent.ts';
import { isObject, wrongJson } from '../json.ts';
import type { ProfileContent } from '../port.ts';
import {
  FREQUENCY_FORM,
  type PreferencesChange,
  QUIET_HOURS_FORM,
  readFrequency,
  readQuietHours,
  readTimeZone,
} from '../preferences.ts';
import { type DateReading, readTime, wrongMoment } from '../times.ts';
import { datesOf, expressionOr, findColumn, missingColumn, namedValues } from './columns.ts';
import { type Compiled, compileCondition, compileExpression } from './expression.ts';
import { externalIdReader } from './external-ids.ts';
import { Refused } from './filters.ts';
import type { Expression, ProfileMapping } from './mapping.ts';
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
 * @throws DearError `import.mapping` when the mapping and the file do not fit
 */
export function profileReader(
  mapping: ProfileMapping,
  shape: Shape,
  source: string,
): RowReader<ImportedProfile> {
  const dates = datesOf(mapping.dates);
  const fits = compileCondition(mapping.when, shape);
  const email = expressionOr(mapping.email, ['email', 'emailaddress', 'mail'], shape, dates);
  if (email === undefined && mapping.externalIds === undefined)
    throw missingColumn('e-mail address', shape, '--map email=COLUMN');
  const preferences = preferenceReader(mapping, shape, dates);
  const consents = consentReader(mapping, shape, dates, source);
  const externalIds = externalIdReader(mapping.externalIds, shape, dates);
  const readWho = whoReader(email, externalIds.read);
  const attributes = namedValues(
    mapping.attributes,
    {
      rest: mapping.rest === undefined ? mapping.attributes === undefined : mapping.rest === 'keep',
      used: new Set([
        ...(email?.columns ?? []),
        ...externalIds.columns,
        ...preferences.columns,
        ...consents.columns,
      ]),
      nested: 'attributes',
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

function consentReader(mapping: ProfileMapping, shape: Shape, dates: DateReading, source: string) {
  const states = topicExpressions(mapping, shape, dates);
  const lists = mapping.consent === undefined ? listColumns(shape) : [];
  const when = expressionOr(mapping.consentAt, ['consentAt'], shape, dates);
  const columns = [...states.flatMap(([, one]) => one.columns), ...lists.map((list) => list.column)];
  const stated = mapping.consentSource ?? source;
  const evidence = evidenceReader(mapping, shape, dates);
  const shared = new Shared();
  return {
    columns: [...columns, ...(when?.columns ?? []), ...evidence.columns],
    read: (values: Values, now: number): readonly ConsentChange[] | Refused => {
      const found = new Map<string, 'in' | 'out'>();
      for (const [topic, compiled] of states) {
        const refused = takeState(found, topic, compiled.evaluate(values));
        if (refused !== undefined) return refused;
      }
      for (const list of lists) {
        const refused = list.take(found, list.cell(values));
        if (refused !== undefined) return refused;
      }
      if (found.size === 0) return [];
      const at = consentMoment(when?.evaluate(values), dates, now);
      if (at instanceof Refused) return at;
      const kept = evidence.read(values);
      if (kept instanceof Refused) return kept;
      if (kept !== nothing)
        return [...found].map(([topic, state]) => ({ topic, state, at, source: stated, ...kept }));
      return shared.take(found, at, () =>
        [...found].map(([topic, state]) => ({ topic, state, at, source: stated })),
      );
    },
  };
}

/** Neighbours in a file mostly agree to the same at the same moment: what they say is then kept once for all of them. */
class Shared {
  #last: readonly ConsentChange[] = [];

  take(
    found: ReadonlyMap<string, 'in' | 'out'>,
    at: number | undefined,
    make: () => ConsentChange[],
  ): readonly ConsentChange[] {
    const isSame = ({ topic, state, at: moment }: ConsentChange) =>
      moment === at && found.get(topic) === state;
    if (this.#last.length !== found.size || !this.#last.every(isSame)) this.#last = make();
    return this.#last;
  }
}

function evidenceReader(mapping: ProfileMapping, shape: Shape, dates: DateReading) {
  const wording = expressionOr(mapping.consentWording, ['consentWording'], shape, dates);
  const proof = expressionOr(mapping.consentProof, ['consentProof'], shape, dates);
  const texts = [
    ['wording', wording],
    ['proof', proof],
  ] as const;
  return {
    columns: [...(wording?.columns ?? []), ...(proof?.columns ?? [])],
    read: (values: Values): Evidence | Refused => {
      if (wording === undefined && proof === undefined) return nothing;
      const kept: Mutable<Evidence> = {};
      for (const [key, compiled] of texts) {
        const value = compiled?.evaluate(values);
        if (value instanceof Refused) return value;
        if (value === undefined || value === null || value === '') continue;
        if (typeof value === 'object') return new Refused(`consent ${key} is no text`);
        const text = String(value);
        if (text.length > EVIDENCE_MAX)
          return new Refused(`consent ${key} is longer than ${EVIDENCE_MAX} characters`);
        if (wrongJson(text) !== undefined)
          return new Refused(`consent ${key} holds characters that cannot be stored`);
        kept[key] = text;
      }
      return kept;
    },
  };
}

function consentMoment(value: unknown, dates: DateReading, now: number): number | undefined | Refused {
  if (value instanceof Refused || value === undefined || value === null) return value ?? undefined;
  const at = readTime(value, dates);
  if (at === undefined) return new Refused('consentAt is not a date that can be read');
  return wrongMoment(at, now) === undefined ? at : new Refused('consentAt is before 1990 or in the future');
}

/** The mapping's topics, or the columns `consent.<topic>`. */
function topicExpressions(mapping: ProfileMapping, shape: Shape, dates: DateReading): [string, Compiled][] {
  const given: [string, Expression][] = mapping.consent
    ? Object.entries(mapping.consent)
    : (shape.columns ?? []).flatMap((column): [string, Expression][] => {
        const topic = /^consent\.(.+)$/i.exec(column)?.[1];
        return topic === undefined ? [] : [[topic, `{${column}}`]];
      });
  return given.map(([topic, expression]) => {
    if (!isTopic(topic)) throw wrongTopic(topic);
    return [topic, compileExpression(expression, shape, dates)];
  });
}

/** @returns DearError `consent.topic` */
export function wrongTopic(topic: string): DearError {
  return new DearError('consent.topic', `'${topic}' cannot name a topic.`, {
    kind: 'usage',
    mend: 'A topic is named with letters, digits, hyphens and underscores, such as offers.',
  });
}

type Found = Map<string, 'in' | 'out'>;

function takeState(found: Found, topic: string, value: unknown): Refused | undefined {
  if (value instanceof Refused) return value;
  if (value === undefined || value === null || value === '') return undefined;
  const state = readConsentState(value);
  if (state === undefined) return new Refused(`consent.${topic} is neither in nor out`);
  found.set(topic, state);
  return undefined;
}

/** `topics` lists what a profile opts in to; in JSON Lines `consent` is an object of topics and states. */
function listColumns(shape: Shape) {
  const topics = findColumn(shape, ['topics']);
  const columns = [
    ...(topics === undefined ? [] : [{ column: topics, take: takeTopics }]),
    ...(shape.format === 'jsonl' ? [{ column: 'consent', take: takeObject }] : []),
  ];
  return columns.map((one) => ({ ...one, cell: shape.cell(one.column) ?? (() => undefined) }));
}

function takeTopics(found: Found, value: unknown): Refused | undefined {
  if (value === undefined || value === null) return undefined;
  const topics = Array.isArray(value) ? value.map(String) : String(value).split(/[,;|\s]+/);
  for (const topic of topics) {
    if (topic === '') continue;
    if (!isTopic(topic)) return new Refused('topics holds what cannot name a topic');
    found.set(topic, 'in');
  }
  return undefined;
}

function takeObject(found: Found, value: unknown): Refused | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return new Refused('consent is no object of topics and states');
  for (const [topic, state] of Object.entries(value)) {
    if (!isTopic(topic)) return new Refused('consent holds what cannot name a topic');
    const refused = takeState(found, topic, state);
    if (refused !== undefined) return refused;
  }
  return undefined;
}
