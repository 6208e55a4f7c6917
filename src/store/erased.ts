import { sql } from 'drizzle-orm';
import type { BulkInsert, Database } from './database.ts';

/** The reason of a suppression that is only a mark. */
const ERASED = 'erased';

const addMarks: BulkInsert = {
  into: 'suppressions',
  columns: { address: 'text', reason: 'text', source: 'text', at: 'int' },
  tail: 'ON CONFLICT (address) DO NOTHING',
};

/** Keeps the marks of identifiers whose person is being erased. Returns how many were new. */
export async function keepMarks(tx: Database, marks: readonly string[], at: number): Promise<number> {
  const rows = [...marks].sort().map((mark) => [mark, ERASED, 'erasure', at]);
  return (await tx.insertMany(addMarks, rows)).written;
}

/**
 * Those of the addresses whose person was erased. Ask it for addresses that no profile has, inside the transaction
 * that would make the profile: one small query where nobody was ever erased, else two and about a microsecond an
 * address.
 */
export function erasedAmong(db: Database, addresses: readonly string[]): Promise<Set<string>> {
  return markedAmong(db, addresses, (address) => db.mark('address', address));
}

/** Those of the given identifiers whose mark is kept. */
async function markedAmong<T>(
  db: Database,
  identifiers: readonly T[],
  markOf: (identifier: T) => string,
): Promise<Set<T>> {
  if (identifiers.length === 0 || !(await anyoneWasErased(db))) return new Set();
  const marks = new Map(identifiers.map((one) => [markOf(one), one]));
  const rows = await db.rows<{ address: string }>(
    sql`SELECT address FROM suppressions WHERE address IN ${db.phrases.texts([...marks.keys()])}`,
  );
  return new Set(rows.flatMap((row) => marks.get(row.address) ?? []));
}

async function anyoneWasErased(db: Database): Promise<boolean> {
  const rows = await db.rows(sql`SELECT 1 AS one FROM suppressions WHERE reason = ${ERASED} LIMIT 1`);
  return rows.length > 0;
}
