import { eq, sql } from 'drizzle-orm';
import type { NoticeStore } from '../campaigns/port.ts';
import type { Database } from './database.ts';

/** Short texts for people about the state of the world, one a key. */
export function noticeStore(db: Database): NoticeStore {
  const { notices } = db.tables;
  return {
    set: async (key, text) => {
      const now = db.phrases.now();
      await db.orm
        .insert(notices)
        .values({ key, text, since: now, at: now })
        .onConflictDoUpdate({ target: notices.key, set: { text: sql`excluded.text`, at: sql`excluded.at` } });
    },
    clear: async (key) => {
      await db.orm.delete(notices).where(eq(notices.key, key));
    },
    list: () => db.orm.select().from(notices).orderBy(notices.key),
  };
}
