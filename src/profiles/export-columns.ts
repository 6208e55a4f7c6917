import { plainName } from './import/columns.ts';

/** The column of Dear's own ids, which say nothing about a customer. */
export const OWN_ID = 'id';

const PREFIX = 'attributes.';

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
  const isTaken = taken.has(plainName(name)) || /^(consent|attributes)\./i.test(name);
  return isTaken ? PREFIX + name : name;
}

/** The attribute whose column `attributeColumn` named. */
export function attributeOfColumn(column: string): string {
  return column.startsWith(PREFIX) ? column.slice(PREFIX.length) : column;
}
