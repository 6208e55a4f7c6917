import type pg from 'pg';
import type { LoadColumn } from './bulk-packing.ts';
import type { Load } from './database.ts';
import { insertText } from './postgres-bulk.ts';
import { inTransaction } from './postgres-transaction.ts';

/** All loads in one transaction: a statement each, with one JSON array a column, as `insertManyPostgres` has it. */
export function loadPostgres(pool: pg.Pool, loads: readonly Load[]): Promise<number[]> {
  return inTransaction(pool, async (client) => {
    const written: number[] = [];
    for (const load of loads) {
      const isLeftOut = load.ifWritten === true && written.every((rows) => rows === 0);
      written.push(isLeftOut ? 0 : await write(client, load));
    }
    return written;
  });
}

async function write(client: pg.PoolClient, { insert, columns }: Load): Promise<number> {
  if ((columns[0]?.length ?? 0) === 0) return 0;
  // JSON has no NaN: it is written as null, which is what it stands for.
  const parameters = columns.map((column) => JSON.stringify(listOf(column)));
  return (await client.query(insertText(insert), parameters)).rowCount ?? 0;
}

function listOf(column: LoadColumn): readonly (string | number | null)[] {
  return column instanceof Float64Array ? [...column] : column;
}
