/*
 * Where a statement comes from that nobody made in person. Who runs Dear sees which file or key it was; the person whom
 * it is about does not: a path tells of the machine, and the name of a file of lists that are nobody's business outside.
 */

const LONGEST = 200;
const FILE = 'import of ';
const KEY = 'api key ';
const BY_HAND = 'dear profile set';

/** A file that was read in. */
export const sourceOfFile = (name: string): string => `${FILE}${name}`.slice(0, LONGEST);

/** A call with a key of the API. */
export const sourceOfKey = (name: string): string => `${KEY}${name}`;

/** Somebody who works with Dear. */
export const sourceByHand = BY_HAND;

/** What kind of such a source it is; undefined for any other. */
export function inwardSource(source: string): 'import' | 'api' | 'staff' | undefined {
  if (source.startsWith(FILE)) return 'import';
  if (source.startsWith(KEY)) return 'api';
  return source.startsWith(BY_HAND) ? 'staff' : undefined;
}

/** Of tables whose rows say where they come from. */
const TOLD = ['consents', 'consentChanges', 'confirmations', 'suppressions'];

/** Rows about a person, by table, as the person themselves may have them. */
export function outwardRows<R extends Readonly<Record<string, unknown>>>(
  rows: Readonly<Record<string, readonly R[]>>,
): Record<string, readonly Readonly<Record<string, unknown>>[]> {
  const outward = (row: R) => {
    const kind = typeof row.source === 'string' ? inwardSource(row.source) : undefined;
    return kind === undefined ? row : { ...row, source: kind };
  };
  return Object.fromEntries(
    Object.entries(rows).map(([table, all]) => [table, TOLD.includes(table) ? all.map(outward) : all]),
  );
}
