import type { Store } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/** Opens the store that the URL names: `postgres://…`, or the path of a SQLite file. */
export function openStore(databaseUrl: string): Promise<Store> {
  return /^postgres(ql)?:\/\//i.test(databaseUrl) ? openPostgres(databaseUrl) : openSqlite(databaseUrl);
}
