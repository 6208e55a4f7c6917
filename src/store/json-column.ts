/** What a JSON column of a hand-written query holds: it comes as text from SQLite, parsed from PostgreSQL. */
export function jsonOf(column: unknown): unknown {
  return typeof column === 'string' ? JSON.parse(column) : column;
}

/** The same of a column of objects. */
export function objectOf(column: unknown): Record<string, unknown> {
  const parsed = jsonOf(column);
  return isObject(parsed) ? parsed : {};
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
