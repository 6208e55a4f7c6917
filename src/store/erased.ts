import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { KnownIdentities } from '../profiles/identify.ts';
import { keyOf } from '../profiles/identify.ts';
import type { Identifiers } from '../profiles/identity.ts';
import type { BulkInsert, Database } from './database.ts';

/** The reason of a suppression that is only a mark. */
const ERASED = 'erased';

const addMarks: BulkInsert = {
  into: 'suppressions',
  columns: { address: 'text', reason: 'text', source: 'text', at: 'int' },
  tail: 'ON CONFLICT (address) DO NOTHING',
};

/** Keeps the marks of all identifiers of one person who is being erased, known as belonging together. */
export async function keepMarks(tx: Database, marks: readonly string[], at: number): Promise<void> {
  const source = `erasure ${randomUUID()}`;
  await tx.insertMany(
    addMarks,
    [...marks].sort().map((mark) => [mark, ERASED, source, at]),
  );
}

/** Forgets all marks of the person whose mark it is; false when it is nobody's. */
export async function dropMarks(db: Database, mark: string): Promise<boolean> {
  const gone = await db.run(sql`DELETE FROM suppressions WHERE reason = ${ERASED}
    AND source IN (SELECT s.source FROM suppressions s WHERE s.address = ${mark} AND s.reason = ${ERASED})`);
  return gone > 0;
}

/**
 * Those of the addresses whose person was erased; of addresses that a profile has as well, which somebody may have
 * signed up again without having confirmed it. Ask it inside the transaction that would write: one small query where
 * nobody was ever erased, else two and some microseconds an address.
 */
export function erasedAmong(db: Database, addresses: readonly string[]): Promise<Set<string>> {
  return markedAmong(db, addresses, (address) => db.mark('address', address));
}

/**
 * The batch as it may be resolved: whoever is named by an identifier of an erased person is looked for by what is
 * known of them alone, so that nobody is made, and nothing erased is attached to anybody.
 */
export async function withoutErased(
  db: Database,
  batch: readonly Identifiers[],
  known: KnownIdentities,
): Promise<readonly Identifiers[]> {
  const erasedEmails = await erasedAmong(
    db,
    batch.flatMap(({ email }) => email ?? []),
  );
  const keys = batch
    .flatMap((one) => one.externalIds.map(keyOf))
    .filter((key) => !known.byExternalId.has(key));
  const erasedKeys = await markedAmong(db, keys, (key) => db.mark('external id', key));
  if (erasedEmails.size + erasedKeys.size === 0) return batch;
  return batch.map((one) => {
    const { email, externalIds } = one;
    const isTouched =
      (email !== undefined && erasedEmails.has(email)) || externalIds.some((id) => erasedKeys.has(keyOf(id)));
    if (!isTouched) return one;
    return {
      ...one,
      email: email !== undefined && known.byEmail.has(email) && !erasedEmails.has(email) ? email : undefined,
      externalIds: externalIds.filter((id) => known.byExternalId.has(keyOf(id))),
    };
  });
}

/** Those of the given identifiers whose mark is kept. */
async function markedAmong(
  db: Database,
  identifiers: readonly string[],
  markOf: (identifier: string) => string,
): Promise<Set<string>> {
  if (identifiers.length === 0 || !(await anyoneWasErased(db))) return new Set();
  const marks = new Map(identifiers.map((one) => [markOf(one), one]));
  const rows = await db.rows<{ address: string }>(
    sql`SELECT address FROM suppressions WHERE address IN ${db.phrases.texts([...marks.keys()])}`,
  );
  return new Set(rows.flatMap((row) => marks.get(row.address) ?? []));
}

/** Whether there is anybody to look out for at all. */
export async function anyoneWasErased(db: Database): Promise<boolean> {
  const rows = await db.rows(sql`SELECT 1 AS one FROM suppressions WHERE reason = ${ERASED} LIMIT 1`);
  return rows.length > 0;
}
