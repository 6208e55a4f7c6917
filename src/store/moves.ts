import { sql } from 'drizzle-orm';
import { carriedOver } from '../profiles/unite.ts';
import type { Database } from './database.ts';

/** Whoever must not be mailed at one address must not be at another, unless only the mailbox was at fault. */
export async function carrySuppressions(tx: Database, from: string, to: string): Promise<void> {
  const { suppressions } = tx.tables;
  const rows = await tx.orm.select().from(suppressions).where(sql`${suppressions.address} = ${from}`);
  const carried = rows.flatMap((row) => carriedOver(row, to) ?? []);
  if (carried.length > 0) await tx.orm.insert(suppressions).values(carried).onConflictDoNothing();
}

/** A letter that is written but not claimed yet is for an old address: whoever leases it next writes it anew. */
export async function recallOpenSends(tx: Database, profileId: number): Promise<void> {
  await tx.run(sql`UPDATE sends SET lease_token = NULL, lease_until = NULL
    WHERE ${tx.phrases.sendsInOrder(
      sql`profile_id = ${profileId} AND state IN ('queued', 'deferred') AND lease_token IS NOT NULL`,
    )}`);
}
