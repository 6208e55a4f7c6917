/** A JSON column of a hand-written query, as an object of its own: text on SQLite, parsed on PostgreSQL. */
export function objectOf(value: unknown): Record<string, unknown> {
  const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return isObject(parsed) ? parsed : {};
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
