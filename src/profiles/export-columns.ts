import { plainName } from './import/columns.ts';

/** The column of Dear's own ids, which say nothing about a customer. */
export const OWN_ID = 'id';

const PREFIX = 'attributes.';
/** The key of JSON Lines, and what columns begin with, that hold external ids by source. */
export const EXTERNAL_IDS = 'externalIds';

/** Names of columns that an import understands as something else than an attribute. */
const taken: ReadonlySet<string> = new Set(
  [
    OWN_ID,
    'email',
    'emailAddress',
    'mail',
    'timeZone',
    'frequency',
    'quietHours',
    'pausedUntil',
    'topics',
    'consentAt',
    'consentWording',
    'consentProof',
  ].map(plainName),
);

/** What the column of an attribute is called in a CSV file that Dear writes, so that it can be read back. */
export function attributeColumn(name: string): string {
  const isTaken = taken.has(plainName(name)) || /^(consent|attributes|externalIds)\./i.test(name);
  return isTaken ? PREFIX + name : name;
}

/** The attribute whose column `attributeColumn` named. */
export function attributeOfColumn(column: string): string {
  return column.startsWith(PREFIX) ? column.slice(PREFIX.length) : column;
}

/** The column of a profile's external id, the first, second and so on (from 1) of its source. */
export function externalIdColumn(source: string, nth: number): string {
  return `${EXTERNAL_IDS}.${source}${nth === 1 ? '' : ` (${nth})`}`;
}

/** The source whose ids a column holds; no source has a space or a parenthesis in its name. */
export function sourceOfColumn(column: string): string | undefined {
  return /^externalIds\.([^\s()]+)(?: \(\d+\))?$/.exec(column)?.[1];
}
