import { and, desc, eq, gte } from 'drizzle-orm';
import type { AuditNote, AuditStore } from '../profiles/audit.ts';
import type { Database } from './database.ts';

/** The audit log, on either database. */
export function auditStore(db: Database): AuditStore {
  const { audit } = db.tables;
  return {
    add: (note) => addNote(db, note),
    list: async ({ subject, actor, action, since, limit }) => {
      const conditions = [
        subject === undefined ? undefined : eq(audit.subject, subject),
        actor === undefined ? undefined : eq(audit.actor, actor),
        action === undefined ? undefined : eq(audit.action, action),
        since === undefined ? undefined : gte(audit.at, since),
      ];
      const rows = await db.orm
        .select()
        .from(audit)
        .where(and(...conditions))
        .orderBy(desc(audit.id))
        .limit(limit);
      return rows.map((row) => ({ ...row, detail: row.detail ?? undefined }));
    },
  };
}

/** Writes one entry, also inside a transaction, so that the deed and its entry are one. */
export async function addNote(db: Database, note: AuditNote): Promise<void> {
  await db.orm.insert(db.tables.audit).values({
    at: db.phrases.now(),
    actor: note.actor,
    action: note.action,
    subject: note.subject,
    detail: note.detail ?? null,
  });
}
