import { join } from 'node:path';
import type Sqlite from 'better-sqlite3';
import { drizzle } from 'drizzle-orm/better-sqlite3';
import { migrate } from 'drizzle-orm/better-sqlite3/migrator';
import { packageRoot } from './package-root.ts';

/** Brings a database to the schema of this version. On the thread that has drizzle loaded anyway. */
export function migrateSqlite(handle: Sqlite.Database): void {
  migrate(drizzle(handle), { migrationsFolder: join(packageRoot(), 'migrations', 'sqlite') });
}
