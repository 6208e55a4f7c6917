import { type ConsentChange, EVIDENCE_MAX, type Evidence, isTopic, readConsentState } from '../consent.ts';
import { isObject, wrongJson } from '../json.ts';
import { type DateReading, readTime, wrongMoment } from '../times.ts';
import { misspeltTopic, wrongTopic } from '../topics.ts';
import { expressionOr, findColumn } from './columns.ts';
import { type Compiled, compileExpression } from './expression.ts';
import { Refused } from './filters.ts';
import type { Expression, ProfileMapping } from './mapping.ts';
import type { Shape } from './record.ts';

type Values = readonly unknown[];
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const TOPICS_KEPT = 1000;

const nothing = Object.freeze({});

/** What a name of a topic was probably meant to be; undefined when it may be one. */
export type MeantTopic = (name: string) => string | undefined;

/** Reads what the rows of a file say about consent. @throws DearError `import.mapping`, `consent.topic` */
export function consentReader(
  mapping: ProfileMapping,
  shape: Shape,
  dates: DateReading,
  { source, meant }: { readonly source: string; readonly meant: MeantTopic },
) {
  const states = topicExpressions(mapping, shape, dates, meant);
  const lists = mapping.consent === undefined ? listColumns(shape) : [];
  const when = expressionOr(mapping.consentAt, ['consentAt'], shape, dates);
  const columns = [...states.flatMap(([, one]) => one.columns), ...lists.map((list) => list.column)];
  const stated = mapping.consentSource ?? source;
  const evidence = evidenceReader(mapping, shape, dates);
  const shared = new Shared();
  const known = remembered(meant);
  return {
    columns: [...columns, ...(when?.columns ?? []), ...evidence.columns],
    read: (values: Values, now: number): readonly ConsentChange[] | Refused => {
      const found = new Map<string, 'in' | 'out'>();
      for (const [topic, compiled] of states) {
        const refused = takeState(found, topic, compiled.evaluate(values));
        if (refused !== undefined) return refused;
      }
      for (const list of lists) {
        const refused = list.take(found, list.cell(values), known);
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
function topicExpressions(
  mapping: ProfileMapping,
  shape: Shape,
  dates: DateReading,
  meant: MeantTopic,
): [string, Compiled][] {
  const given: [string, Expression][] = mapping.consent
    ? Object.entries(mapping.consent)
    : (shape.columns ?? []).flatMap((column): [string, Expression][] => {
        const topic = /^consent\.(.+)$/i.exec(column)?.[1];
        return topic === undefined ? [] : [[topic, `{${column}}`]];
      });
  return given.map(([topic, expression]) => {
    if (!isTopic(topic)) throw wrongTopic(topic);
    const other = meant(topic);
    if (other !== undefined) throw misspeltTopic(topic, other);
    return [topic, compileExpression(expression, shape, dates)];
  });
}

/** Rows name the same few topics over and over. */
function remembered(meant: MeantTopic): MeantTopic {
  const kept = new Map<string, string | undefined>();
  return (name) => {
    if (kept.has(name)) return kept.get(name);
    const other = meant(name);
    if (kept.size < TOPICS_KEPT) kept.set(name, other);
    return other;
  };
}

type Found = Map<string, 'in' | 'out'>;

/** Names that are refused are not repeated: what stands in a row may be anything. */
const misspelt = (column: string, other: string) =>
  new Refused(`${column} names a topic that there is not yet; was '${other}' meant?`);

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

function takeTopics(found: Found, value: unknown, meant: MeantTopic): Refused | undefined {
  if (value === undefined || value === null) return undefined;
  const topics = Array.isArray(value) ? value.map(String) : String(value).split(/[,;|\s]+/);
  for (const topic of topics) {
    if (topic === '') continue;
    if (!isTopic(topic)) return new Refused('topics holds what cannot name a topic');
    const other = meant(topic);
    if (other !== undefined) return misspelt('topics', other);
    found.set(topic, 'in');
  }
  return undefined;
}

function takeObject(found: Found, value: unknown, meant: MeantTopic): Refused | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return new Refused('consent is no object of topics and states');
  for (const [topic, state] of Object.entries(value)) {
    if (!isTopic(topic)) return new Refused('consent holds what cannot name a topic');
    const other = meant(topic);
    if (other !== undefined) return misspelt('consent', other);
    const refused = takeState(found, topic, state);
    if (refused !== undefined) return refused;
  }
  return undefined;
}
