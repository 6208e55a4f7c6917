import { sql } from 'drizzle-orm';
import type { Database } from './database.ts';

/** What stands for an address that was erased where a server's words named it. */
const GONE = '(erased address)';

/** Takes addresses out of the words of servers that runs and notices quote. */
export async function eraseQuotes(tx: Database, addresses: readonly string[]): Promise<void> {
  for (const address of addresses) {
    await tx.run(sql`UPDATE runs SET reason = replace(reason, ${address}, ${GONE})
      WHERE reason IS NOT NULL AND replace(reason, ${address}, '') <> reason`);
    await tx.run(sql`UPDATE notices SET text = replace(text, ${address}, ${GONE})
      WHERE replace(text, ${address}, '') <> text`);
  }
}

/** The rules and frozen plans that name one of the addresses. People wrote them, so people must change them. */
export async function mentionsOf(db: Database, addresses: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const address of addresses) {
    const segments = await db.rows<{ name: string }>(sql`SELECT name FROM segments
      WHERE replace(lower(CAST(rule AS text)), ${address}, '') <> lower(CAST(rule AS text))
        OR replace(lower(about), ${address}, '') <> lower(about) ORDER BY name`);
    const runs = await db.rows<{ id: number; campaign: string }>(sql`SELECT id, campaign FROM runs
      WHERE replace(lower(CAST(plan AS text)), ${address}, '') <> lower(CAST(plan AS text)) ORDER BY id`);
    found.push(
      ...segments.map(({ name }) => `the segment ${name}`),
      ...runs.map(({ id, campaign }) => `the plan of run ${id} of the campaign ${campaign}`),
    );
  }
  return [...new Set(found)];
}
