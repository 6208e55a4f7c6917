import type pg from 'pg';
import type { Load, LoadColumn } from './database.ts';

const types = { text: 'text', int: 'bigint', real: 'double precision', json: 'jsonb' } as const;

/** All loads in one transaction: a statement each, with one JSON array a column, as `insertManyPostgres` has it. */
export async function loadPostgres(pool: pg.Pool, loads: readonly Load[]): Promise<number[]> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const written: number[] = [];
    for (const load of loads) {
      const isLeftOut = load.ifWritten === true && written.every((rows) => rows === 0);
      written.push(isLeftOut ? 0 : await write(client, load));
    }
    await client.query('COMMIT');
    return written;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

async function write(client: pg.PoolClient, { insert, columns }: Load): Promise<number> {
  if ((columns[0]?.length ?? 0) === 0) return 0;
  const kinds = Object.entries(insert.columns);
  const names = kinds.map(([name]) => name).join(', ');
  const values = kinds.map(([name, kind]) => `CAST(v.${name} AS ${types[kind]})`);
  const arrays = kinds.map((_, place) => `json_array_elements_text($${place + 1}::json)`);
  const text = `INSERT INTO ${insert.into} (${names}) SELECT ${values.join(', ')}
    FROM ROWS FROM (${arrays.join(', ')}) AS v(${names}) ${insert.tail ?? ''}`;
  // JSON has no NaN: it is written as null, which is what it stands for.
  const parameters = columns.map((column) => JSON.stringify(listOf(column)));
  return (await client.query(text, parameters)).rowCount ?? 0;
}

function listOf(column: LoadColumn): readonly (string | number | null)[] {
  return column instanceof Float64Array ? [...column] : column;
}
