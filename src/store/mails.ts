import { and, desc, eq, sql } from 'drizzle-orm';
import { HEAD_BYTES, type KeptMail, type MailStore } from '../inbox/mails.ts';
import type { Database } from './database.ts';

/** The mails among the arrivals, on either database. */
export function mailStore(db: Database): MailStore {
  const { arrivals } = db.tables;
  const isMail = eq(arrivals.kind, 'mail');
  const columns = { id: arrivals.id, at: arrivals.at, state: arrivals.state, note: arrivals.note };
  return {
    list: async ({ all, limit }) => {
      const head = sql<Buffer>`substr(${arrivals.raw}, 1, ${HEAD_BYTES})`;
      const rows = await db.orm
        .select({ ...columns, raw: head })
        .from(arrivals)
        .where(all ? isMail : and(isMail, eq(arrivals.state, 'unmatched')))
        .orderBy(desc(arrivals.id))
        .limit(limit);
      return rows.map(toMail);
    },
    byId: async (id) => {
      const [row] = await db.orm
        .select({ ...columns, raw: arrivals.raw })
        .from(arrivals)
        .where(and(isMail, eq(arrivals.id, id)));
      return row === undefined ? undefined : toMail(row);
    },
  };
}

function toMail(row: {
  id: number;
  at: number;
  state: string;
  note: string | null;
  raw: Buffer | null;
}): KeptMail {
  return { ...row, note: row.note ?? undefined, raw: Buffer.from(row.raw ?? '') };
}
