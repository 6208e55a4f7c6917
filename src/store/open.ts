import type { Store } from './database.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens the store that the URL names: `postgres://…`, or the path of a SQLite file.
 * @param writing where SQLite writes: `here`, on this thread, or in a `thread` of its own, as is right for a process
 *   that stays and has readers and connections to look after
 */
export function openStore(databaseUrl: string, writing: 'here' | 'thread' = 'here'): Promise<Store> {
  return /^postgres(ql)?:\/\//i.test(databaseUrl)
    ? openPostgres(databaseUrl)
    : openSqlite(databaseUrl, writing);
}
