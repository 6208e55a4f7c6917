import { type SQL, sql } from 'drizzle-orm';
import type { DateTest, TextSpan } from '../segments/comparisons.ts';
import {
  DAY_LENGTH,
  DAY_PATTERN,
  INSTANT_PATTERN,
  MINUTE_LENGTH,
  OFFSET_PATTERN,
  OUTER_YEARS,
} from '../segments/dates.ts';
import type { Phrases } from './database.ts';

/** What src/segments/dates.ts says of a text. The last two are asked of instants alone. */
interface DatePhrases {
  isDay(text: SQL): SQL;
  isInstant(text: SQL): SQL;
  hasOffset(text: SQL): SQL;
  /** The text of an instant with an offset that sorts by its moment. */
  utcText(text: SQL): SQL;
  ordered(text: SQL): SQL;
}

const DIGIT_DATE = '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]';
const TO_MINUTE = sql.raw(String(MINUTE_LENGTH));
const SECONDS = sql.raw(String(MINUTE_LENGTH + 1));
const outerYears = sql.raw(OUTER_YEARS.map((year) => `'${year}'`).join(', '));

/**
 * Works out a value once for all its uses, as the column of a subquery that neither database dissolves: looking
 * something up in JSON takes longer than most of what is asked of it.
 */
function once(name: string, value: SQL, use: (column: SQL) => SQL): SQL {
  const [table, column] = [sql.raw(name), sql.raw(`${name}.v`)];
  return sql`(SELECT ${use(column)} FROM (SELECT ${value} AS v LIMIT 1) ${table} WHERE ${column} IS NOT NULL)`;
}

/** How long the zone at the end of an instant is; of anything else 0, or what leaves no time. */
const zoneLength = (text: SQL) => sql`CASE WHEN ${text} GLOB '*Z' THEN 1
  WHEN ${text} GLOB '*[+-][01][0-9]:[0-5][0-9]' AND substr(${text}, -5, 2) < '15' THEN 6
  WHEN ${text} GLOB '*[+-][01][0-9][0-5][0-9]' AND substr(${text}, -4, 2) < '15' THEN 5 ELSE 0 END`;

const sqlite: DatePhrases = {
  // SQLite takes 30 February for 2 March: a day that stays what it is is one.
  isDay: (text) => sql`(date(${text}) = ${text})`,
  isInstant: (text) => {
    const isTime = (length: SQL) => {
      const local = sql`substr(${text}, 1, length(${text}) - ${length})`;
      return sql`${local} NOT GLOB '*T*[^0-9:.]*' AND unixepoch(${local}) IS NOT NULL`;
    };
    return sql`(${text} GLOB ${`${DIGIT_DATE}T[0-2][0-9]:*`} AND substr(${text}, 12, 2) < '24'
      AND date(substr(${text}, 1, 10)) = substr(${text}, 1, 10) AND ${once('z', zoneLength(text), isTime)})`;
  },
  hasOffset: (text) => sql`substr(${text}, ${SECONDS}) GLOB '*[+-]*'`,
  utcText: (text) =>
    once('z', zoneLength(text), (length) => {
      const minute = sql`substr(${text}, 1, ${TO_MINUTE})`;
      const back = sql`CASE substr(${text}, -${length}, 1) WHEN '-' THEN '+' ELSE '-' END
        || substr(${text}, 1 - ${length}, 2) || ':' || substr(${text}, -2)`;
      return sql`CASE WHEN substr(${text}, 1, 4) IN (${outerYears}) THEN ${minute}
        ELSE strftime('%Y-%m-%dT%H:%M', ${minute}, ${back}) END
        || substr(substr(${text}, 1, length(${text}) - ${length}), ${SECONDS})`;
    }),
  ordered: (text) => text,
};

const postgres: DatePhrases = {
  isDay: (text) => sql`(${text} ~ ${DAY_PATTERN})`,
  isInstant: (text) => sql`(${text} ~ ${INSTANT_PATTERN})`,
  hasOffset: (text) => sql`(${text} ~ ${OFFSET_PATTERN})`,
  utcText: (text) => {
    const offset = sql`substring(${text} from ${OFFSET_PATTERN})`;
    const minute = sql`left(${text}, ${TO_MINUTE})`;
    const moved = sql`to_char(CAST(${minute} AS timestamp)
      - CAST(left(${offset}, 3) || ':' || right(${offset}, 2) AS interval), 'YYYY-MM-DD"T"HH24:MI')`;
    return sql`(CASE WHEN left(${text}, 4) IN (${outerYears}) THEN ${minute} ELSE ${moved} END
      || regexp_replace(substr(${text}, ${SECONDS}), '[+-].*$', ''))`;
  },
  ordered: (text) => sql`${text} COLLATE "C"`,
};

const phrasesOf = ({ name }: Phrases) => (name === 'sqlite' ? sqlite : postgres);

/** Whether a text, a plain column, is a date; not for others, which it is worked out of several times. */
export function isDate(text: SQL, phrases: Phrases): SQL {
  const own = phrasesOf(phrases);
  return sql`(CASE WHEN length(${text}) = ${sql.raw(String(DAY_LENGTH))} THEN ${own.isDay(text)} ELSE ${own.isInstant(text)} END IS TRUE)`;
}

/**
 * The condition that a text is a date and passes a test. An instant that lies far off as it is written does so in UTC
 * as well, and is not looked at any further.
 */
export function dateFits(value: SQL, { days, instants, written }: DateTest, phrases: Phrases): SQL {
  const own = phrasesOf(phrases);
  const within = (text: SQL, { from, until }: TextSpan) => {
    const parts = [sql`(1 = 1)`];
    if (from !== undefined) parts.push(sql`${own.ordered(text)} >= CAST(${from} AS text)`);
    if (until !== undefined) parts.push(sql`${own.ordered(text)} < CAST(${until} AS text)`);
    return sql`(${sql.join(parts, sql` AND `)})`;
  };
  const fits = (text: SQL) => sql`CASE
    WHEN length(${text}) = ${sql.raw(String(DAY_LENGTH))} THEN ${within(text, days)} AND ${own.isDay(text)}
    WHEN NOT (${within(text, written)} AND ${own.isInstant(text)}) THEN ${sql`(1 = 0)`}
    WHEN ${own.hasOffset(text)} THEN ${once('u', own.utcText(text), (utc) => within(utc, instants))}
    ELSE ${within(sql`rtrim(${text}, 'Z')`, instants)} END`;
  return sql`(${once('d', value, fits)} IS TRUE)`;
}
