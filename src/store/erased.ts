import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { KnownIdentities } from '../profiles/identify.ts';
import { keyOf } from '../profiles/identify.ts';
import type { Identifiers } from '../profiles/identity.ts';
import type { MarkKind } from '../profiles/mark.ts';
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
export async function erasedAmong(db: Database, addresses: readonly string[]): Promise<Set<string>> {
  if (addresses.length === 0) return new Set();
  const [row] = await db.rows<{ anyone: number | null }>(sql`SELECT ${anyoneErased} AS anyone`);
  return row?.anyone === 1 ? (await markedAmong(db, addresses, [])).emails : new Set();
}

/**
 * The batch as it may be resolved where anybody was erased: whoever is named by an identifier of an erased person is
 * looked for by what is known of them alone, so that nobody is made, and nothing erased is attached to anybody.
 */
export async function withoutErased(
  db: Database,
  batch: readonly Identifiers[],
  known: KnownIdentities,
): Promise<readonly Identifiers[]> {
  const addresses = batch.flatMap(({ email }) => email ?? []);
  const keys = batch
    .flatMap((one) => one.externalIds.map(keyOf))
    .filter((key) => !known.byExternalId.has(key));
  const erased = await markedAmong(db, addresses, keys);
  if (erased.emails.size + erased.keys.size === 0) return batch;
  return batch.map((one) => {
    const { email, externalIds } = one;
    const isTouched =
      (email !== undefined && erased.emails.has(email)) ||
      externalIds.some((id) => erased.keys.has(keyOf(id)));
    if (!isTouched) return one;
    return {
      ...one,
      email: email !== undefined && known.byEmail.has(email) && !erased.emails.has(email) ? email : undefined,
      externalIds: externalIds.filter((id) => known.byExternalId.has(keyOf(id))),
    };
  });
}

/** Those of the addresses and of the external ids (`keyOf`) whose mark is kept. */
async function markedAmong(
  db: Database,
  addresses: readonly string[],
  keys: readonly string[],
): Promise<{ readonly emails: Set<string>; readonly keys: Set<string> }> {
  const byMark = (kind: MarkKind, texts: readonly string[]) =>
    new Map(texts.map((text) => [db.mark(kind, text), text]));
  const marks = { emails: byMark('address', addresses), keys: byMark('external id', keys) };
  const asked = [...marks.emails.keys(), ...marks.keys.keys()];
  if (asked.length === 0) return { emails: new Set(), keys: new Set() };
  const rows = await db.rows<{ address: string }>(
    sql`SELECT address FROM suppressions WHERE address IN ${db.phrases.texts(asked)}`,
  );
  const found = (of: ReadonlyMap<string, string>) =>
    new Set(rows.flatMap((row) => of.get(row.address) ?? []));
  return { emails: found(marks.emails), keys: found(marks.keys) };
}

/** 1 where there is anybody to look out for at all, else NULL. */
export const anyoneErased = sql`(SELECT 1 FROM suppressions WHERE reason = ${sql.raw(`'${ERASED}'`)} LIMIT 1)`;
