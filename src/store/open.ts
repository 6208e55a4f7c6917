import { makeMark } from '../profiles/mark.ts';
import type { Store } from './database.ts';

/**
 * Opens the store that the URL names: `postgres://…`, or the path of a SQLite file.
 * @param secret the installation's; with another one the marks of erased people are not recognised
 * @param writing where SQLite writes: `here`, on this thread, or in a `thread` of its own, as is right for a process
 *   that stays and has readers and connections to look after
 */
export async function openStore(
  databaseUrl: string,
  secret: string,
  writing: 'here' | 'thread' = 'here',
): Promise<Store> {
  // Whoever has the one database does without the other one's driver.
  if (/^postgres(ql)?:\/\//i.test(databaseUrl)) {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres(databaseUrl, makeMark(secret));
  }
  const { openSqlite } = await import('./sqlite.ts');
  return openSqlite(databaseUrl, secret, writing);
}
