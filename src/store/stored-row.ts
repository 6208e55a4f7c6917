import type { StoredRow } from '../profiles/privacy.ts';

const TIME = /^at$|(At|Until)$/;
/** What the machinery needs and nobody is told by. */
const INNER: ReadonlySet<string> = new Set(['profileId', 'leaseToken', 'leaseUntil', 'sourceHash']);

/** A row of a table as a person gets it: times as ISO 8601, without what is empty and what only the machinery needs. */
export function storedRow(row: Readonly<Record<string, unknown>>): StoredRow {
  const told = Object.entries(row).filter(
    ([name, value]) => value !== null && value !== undefined && !INNER.has(name),
  );
  return Object.fromEntries(told.map(([name, value]) => [name, readable(name, value)]));
}

function readable(name: string, value: unknown): unknown {
  if (typeof value === 'number' && TIME.test(name)) return new Date(value).toISOString();
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return value;
}
