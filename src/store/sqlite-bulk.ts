import { setImmediate as breathe } from 'node:timers/promises';
import type { BulkInsert, BulkRow } from './database.ts';
import type { Statements } from './sqlite-statements.ts';

const ROWS_A_TURN = 500;

/**
 * One prepared statement, run row by row: measured faster than long VALUES lists and than json_each.
 * The event loop gets its turn every few milliseconds.
 */
export async function insertManySqlite<T>(
  statements: Statements,
  turn: <R>(work: () => R) => Promise<R>,
  insert: BulkInsert,
  rows: readonly BulkRow[],
): Promise<{ written: number; rows: T[] }> {
  const names = Object.keys(insert.columns);
  const text = `INSERT INTO ${insert.into} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')}) ${insert.tail ?? ''}`;
  const returned: T[] = [];
  let written = 0;
  for (let start = 0; start < rows.length; start += ROWS_A_TURN) {
    if (start > 0) await breathe();
    await turn(() => {
      const statement = statements.get(text);
      const reader = statement.reader ? statement.raw(false) : undefined;
      const end = Math.min(start + ROWS_A_TURN, rows.length);
      for (let index = start; index < end; index += 1) {
        if (reader === undefined) written += statement.run(rows[index]).changes;
        else {
          const row = reader.get(rows[index]);
          if (row !== undefined) returned.push(row as T);
        }
      }
    });
  }
  return { written: written + returned.length, rows: returned };
}
