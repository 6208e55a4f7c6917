import { is, Placeholder, sql } from 'drizzle-orm';
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core';
import type { RowStatement, RowTerms } from './database.ts';
import { onceEach } from './once-each.ts';
import type { Step } from './sqlite-engine.ts';
import { sqlitePhrases } from './sqlite-phrases.ts';

const compiler = new SQLiteAsyncDialect({ casing: 'snake_case' });
type RowText = Pick<Step, 'text' | 'places'>;
const rowTerms: RowTerms = {
  of: (column) => sql`${sql.placeholder(column)}`,
  from: (...tables) => sql.raw(tables.length === 0 ? '' : `FROM ${tables.join(', ')}`),
};

/**
 * The statement for one row, whose values are its parameters; made once.
 * @throws RangeError when it binds something that is no column of the row: nothing would be stored in its place
 */
export const rowText = onceEach((statement: RowStatement): RowText => {
  const names = Object.keys(statement.columns);
  const { sql: body, params } = compiler.sqlToQuery(statement.body(sqlitePhrases, rowTerms));
  const values = `WITH v(${names.join(', ')}) AS (VALUES (${names.map(() => '?').join(', ')}))`;
  if (params.length === 0) return { text: `${values} ${body}` };
  return { text: body, places: params.map((param) => placeIn(names, param)) };
});

function placeIn(names: readonly string[], param: unknown): number {
  const place = is(param, Placeholder) ? names.indexOf(param.name) : -1;
  if (place === -1) throw new RangeError('a row statement binds something else than its row');
  return place;
}
