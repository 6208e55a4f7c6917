import { asc, sql } from 'drizzle-orm';
import { type KeyStore, type Scope, type StoredKey, scopes } from '../access/keys.ts';
import type { Database } from './database.ts';

/** Keys of the API, on either database. */
export function keyStore(db: Database): KeyStore {
  const { apiKeys } = db.tables;
  return {
    add: async (key) => {
      const added = await db.orm
        .insert(apiKeys)
        .values({
          ...key,
          scopes: key.scopes.join(' '),
          usedAt: null,
          revokedAt: null,
          lastRefusal: null,
        })
        .onConflictDoNothing()
        .returning({ id: apiKeys.id });
      return added.length > 0;
    },
    list: async () => (await db.orm.select().from(apiKeys).orderBy(asc(apiKeys.createdAt))).map(keyOf),
    revoke: async (name, at) =>
      // The name is free again: revoked keys are told apart by their ids.
      (await db.run(
        sql`UPDATE api_keys SET revoked_at = ${at} WHERE name = ${name} AND revoked_at IS NULL`,
      )) > 0,
    used: (uses) =>
      db.transaction(async (tx) => {
        for (const use of [...uses].sort((a, b) => (a.id < b.id ? -1 : 1))) {
          await tx.run(sql`UPDATE api_keys
            SET used_at = CASE WHEN used_at > ${use.at} THEN used_at ELSE ${use.at} END,
              stored = stored + ${use.stored}, refused = refused + ${use.refused},
              last_refusal = coalesce(${use.lastRefusal ?? null}, last_refusal)
            WHERE id = ${use.id}`);
        }
      }),
  };
}

function keyOf(row: {
  id: string;
  name: string;
  scopes: string;
  hash: string;
  createdAt: number;
  usedAt: number | null;
  revokedAt: number | null;
  stored: number;
  refused: number;
  lastRefusal: string | null;
}): StoredKey {
  return {
    ...row,
    scopes: row.scopes.split(' ').filter(isScope),
    usedAt: row.usedAt ?? undefined,
    revokedAt: row.revokedAt ?? undefined,
    lastRefusal: row.lastRefusal ?? undefined,
  };
}

const isScope = (word: string): word is Scope => Object.hasOwn(scopes, word);
