import { desc, eq, sql } from 'drizzle-orm';
import type { Suppression, SuppressionStore } from '../profiles/port.ts';
import type { BulkInsert, Store } from './database.ts';

const addNew: BulkInsert = {
  into: 'suppressions',
  columns: { address: 'text', reason: 'text', source: 'text', at: 'int' },
  tail: 'ON CONFLICT (address) DO NOTHING',
};

/** Addresses that must not be mailed, in the database. */
export function suppressionStore(db: Store): SuppressionStore {
  const { suppressions } = db.tables;
  return {
    add: (entries) =>
      db.transaction(async (tx) => {
        const rows = entries.map((entry) => [entry.address, entry.reason, entry.source, entry.at]);
        return (await tx.insertMany(addNew, rows)).written;
      }),
    remove: async (address) => (await db.run(sql`DELETE FROM suppressions WHERE address = ${address}`)) > 0,
    get: async (address) => {
      const [row] = await db.orm.select().from(suppressions).where(eq(suppressions.address, address));
      return row;
    },
    hasMany: async (addresses) => {
      const rows = await db.rows<{ address: string; reason: string }>(
        sql`SELECT address, reason FROM suppressions WHERE address IN ${db.phrases.texts(addresses)}`,
      );
      return new Map(rows.map((row) => [row.address, row.reason]));
    },
    all: () =>
      db.scan<Suppression>(sql`SELECT address, reason, source, at FROM suppressions
        WHERE address LIKE '%@%' ORDER BY address`),
    list: (limit) =>
      db.orm.select().from(suppressions).orderBy(desc(suppressions.at), suppressions.address).limit(limit),
    count: async () => {
      const [row] = await db.rows<{ count: number }>(sql`SELECT count(*) AS count FROM suppressions`);
      return row?.count ?? 0;
    },
  };
}
