import { fillPlaceholders, type SQL } from 'drizzle-orm';

/** A query as its database takes it. */
interface Compiled {
  readonly sql: string;
  readonly params: unknown[];
}

/** Values for the placeholders of queries, by name. */
export type Values = Readonly<Record<string, unknown>>;

/**
 * Compiles lists of queries, each list object once: to put the texts of a dossier together takes as long as to read it.
 * What differs from one asking to the next are placeholders (`sql.placeholder`).
 */
export function keptQueries<C extends Compiled>(
  compile: (queries: readonly SQL[]) => readonly C[],
): (queries: readonly SQL[], values: Values) => C[] {
  const kept = new WeakMap<readonly SQL[], readonly C[]>();
  return (queries, values) => {
    const compiled = kept.get(queries) ?? compile(queries);
    kept.set(queries, compiled);
    return compiled.map((one) => ({ ...one, params: fillPlaceholders(one.params, values) }));
  };
}
