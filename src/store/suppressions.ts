import { desc, eq, sql } from 'drizzle-orm';
import type { Suppression, SuppressionStore } from '../profiles/port.ts';
import { carriedOver } from '../profiles/unite.ts';
import type { BulkInsert, Database, Store } from './database.ts';
import { presentAddresses } from './profile-rows.ts';

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
        const { written } = await tx.insertMany(addNew, entries.map(rowOf));
        const carried = await atPresentAddresses(tx, entries);
        if (carried.length > 0) await tx.insertMany(addNew, carried.map(rowOf));
        return written;
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

const rowOf = ({ address, reason, source, at }: Suppression) => [address, reason, source, at];

/** Whoever must not be mailed at an address that they had before must not be at the one that they have now. */
async function atPresentAddresses(tx: Database, entries: readonly Suppression[]): Promise<Suppression[]> {
  const present = await presentAddresses(
    tx,
    entries.map((entry) => entry.address),
  );
  return entries.flatMap((entry) => {
    const address = present.get(entry.address);
    return (address === undefined ? undefined : carriedOver(entry, address)) ?? [];
  });
}
