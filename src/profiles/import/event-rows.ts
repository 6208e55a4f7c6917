import { readEmail } from '../email.ts';
import { digestOfEvent, givenKey, readEventType } from '../event-key.ts';
import { keyOf } from '../identify.ts';
import { type ExternalId, wrongNumberId } from '../identity.ts';
import { jsonTexts, wrongJson } from '../json.ts';
import type { Retention } from '../retention.ts';
import type { StatedEvent } from '../stated-events.ts';
import { readTime, wrongMoment } from '../times.ts';
import { datesOf, expressionOr, missingColumn, namedValues } from './columns.ts';
import { type Compiled, compileCondition, required } from './expression.ts';
import { externalIdReader } from './external-ids.ts';
import { Refused } from './filters.ts';
import type { EventMapping } from './mapping.ts';
import type { Shape } from './record.ts';
import type { RowReader } from './run.ts';
import { remembering, type Who, whoReader } from './who-reader.ts';

/** An event of a file: whose it is, is not looked up yet. */
export interface ImportedEvent extends StatedEvent {
  /** The address; empty when there are external ids alone. */
  readonly whose: string;
  readonly externalIds: readonly ExternalId[];
}

const KEY_MAX = 200;

/**
 * Makes a mapping ready to read the events of one file. Columns that are not mapped are found by name.
 * @throws DearError `import.mapping` when the mapping and the file do not fit
 */
export function eventReader(
  mapping: EventMapping,
  shape: Shape,
  retention: Pick<Retention, 'tooOld'>,
): RowReader<ImportedEvent> {
  const dates = datesOf(mapping.dates);
  const fits = compileCondition(mapping.when, shape);
  const need = (given: EventMapping['email'], names: readonly string[], what: string, option: string) => {
    const compiled = expressionOr(given, names, shape, dates);
    if (compiled === undefined) throw missingColumn(what, shape, option);
    return { columns: compiled.columns, read: required(compiled, names[0] ?? what) };
  };
  const externalIds = externalIdReader(mapping.externalIds, shape, dates);
  const email = expressionOr(mapping.email, ['email', 'emailaddress', 'mail'], shape, dates);
  const isNamed = mapping.externalIds !== undefined;
  if (email === undefined && !isNamed) throw missingColumn('e-mail address', shape, '--map email=COLUMN');
  // Events of one customer come close together.
  const readWho = whoReader(email, externalIds.read, remembering(readEmail));
  const type = need(mapping.type, ['type', 'event'], 'type of the event', '--type TYPE or --map type=COLUMN');
  const at = need(mapping.at, ['at', 'time', 'timestamp'], 'time of the event', '--map at=COLUMN');
  const key = expressionOr(mapping.key, ['key'], shape, dates);
  const properties = namedValues(
    mapping.properties,
    {
      rest: mapping.rest === undefined ? mapping.properties === undefined : mapping.rest === 'keep',
      used: new Set([
        ...(email?.columns ?? []),
        ...externalIds.columns,
        ...type.columns,
        ...at.columns,
        ...(key?.columns ?? []),
      ]),
      nested: 'properties',
    },
    shape,
    dates,
  );
  const readKey = keyReader(key, mapping.key !== undefined);
  return (values, now) => {
    if (!fits(values)) return undefined;
    const who = readWho(values);
    if (who instanceof Refused) return who;
    const kind = type.read(values);
    if (kind instanceof Refused) return kind;
    const name = typeof kind === 'string' ? typeOf(kind) : undefined;
    if (name === undefined) return new Refused('the type cannot name events');
    const moment = at.read(values);
    if (moment instanceof Refused) return moment;
    const time = readTime(moment, dates);
    if (time === undefined) return new Refused('its time is not a date that can be read');
    const wrongTime = wrongMoment(time, now, dates) ?? retention.tooOld(name, time, now);
    if (wrongTime !== undefined) return new Refused(wrongTime);
    const found = properties(values);
    if (found instanceof Refused) return found;
    const wrong = wrongJson(found);
    if (wrong !== undefined) return new Refused(`it cannot be stored: ${wrong}`);
    const named = readKey(values);
    if (named instanceof Refused) return named;
    const { email, externalIds } = who;
    const { text, canonical } = jsonTexts(found);
    const digest = named === undefined ? digestOfEvent(nameOf(who), name, time, canonical) : Number.NaN;
    return { key: named, digest, whose: email ?? '', externalIds, type: name, at: time, properties: text };
  };
}

/** Millions of rows have the same few types. */
const typeOf = remembering(readEventType);

/** Without an address the first external id stands for it; no address holds a space. */
function nameOf({ email, externalIds: [first] }: Who): string {
  return email ?? (first === undefined ? '' : keyOf(first));
}

/** The key that the source gives; a mapping that names one needs it in every row. */
function keyReader(
  key: Compiled | undefined,
  isNeeded: boolean,
): (values: readonly unknown[]) => string | undefined | Refused {
  if (key === undefined) return () => undefined;
  const needed = required(key, 'key');
  return (values) => {
    const value = isNeeded ? needed(values) : key.evaluate(values);
    if (value instanceof Refused || value === undefined || value === null) return value ?? undefined;
    const wrong = wrongNumberId(value);
    if (wrong !== undefined) return new Refused(`the key is wrong: ${wrong}`);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (text.length > KEY_MAX) return new Refused(`the key has more than ${KEY_MAX} characters`);
    return wrongJson(text) === undefined
      ? givenKey(text)
      : new Refused('the key holds characters that cannot be stored');
  };
}
