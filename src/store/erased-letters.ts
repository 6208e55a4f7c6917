import { eq, sql } from 'drizzle-orm';
import type { Happened, Judged } from '../tracking/arrivals.ts';
import { addNote } from './audit.ts';
import type { Database, Store } from './database.ts';

const LETTERS_AT_ONCE = 2000;

/** Events of hits; their arrivals knew the letter from the first. */
const hitEvents: ReadonlySet<Happened['type']> = new Set([
  'opened',
  'clicked',
  'unsubscribed',
  'resubscribed',
]);

/** Which letter a mail is about, and what it is to it; undefined of hits, and of mails about none of ours. */
export function letterOfMail({ finding }: Judged): { sendId: number; what: string } | undefined {
  if (finding.state === 'unmatched') {
    return finding.sendId === undefined ? undefined : { sendId: finding.sendId, what: finding.note };
  }
  const { happened } = finding;
  if (happened === undefined || hitEvents.has(happened.type)) return undefined;
  return { sendId: happened.sendId, what: happened.type === 'replied' ? 'reply' : 'automatic answer' };
}

/**
 * Empties the mails about letters of people who were erased: that one came, and what kind of mail it was, is kept
 * for whoever looks into the inbox, and counted in the audit log. Nobody is told who wrote, or what.
 * @returns the arrivals that this settled
 */
export async function discardErased(tx: Database, judged: readonly Judged[]): Promise<Set<number>> {
  const mails = judged.flatMap((one) => {
    const about = letterOfMail(one);
    return about === undefined ? [] : [{ arrivalId: one.arrivalId, ...about }];
  });
  if (mails.length === 0) return new Set();
  const rows = await tx.rows<{ id: number }>(sql`SELECT id FROM sends
    WHERE profile_id < 0 AND id IN ${tx.phrases.numbers(mails.map(({ sendId }) => sendId))}`);
  const erased = new Set(rows.map(({ id }) => id));
  const gone = mails.filter(({ sendId }) => erased.has(sendId));
  const counts: Record<string, number> = {};
  for (const { arrivalId, what } of gone) {
    counts[what] = (counts[what] ?? 0) + 1;
    const note = `${what} to a letter of somebody who was erased; nothing of it was kept`;
    await tx.orm
      .update(tx.tables.arrivals)
      .set({ state: 'unmatched', note, facts: {}, raw: null })
      .where(eq(tx.tables.arrivals.id, arrivalId));
  }
  if (gone.length > 0) {
    await addNote(tx, { actor: 'inbox', action: 'discard', subject: 'inbox', detail: counts });
  }
  return new Set(gone.map(({ arrivalId }) => arrivalId));
}

/**
 * Removes what a fold linked to a letter at the very moment at which its reader was erased.
 * @returns how many arrivals
 */
export async function removeLateArrivals(store: Store): Promise<number> {
  let gone = 0;
  let below = 0;
  for (;;) {
    const letters = await store.rows<{
      id: number;
      owner: number;
    }>(sql`SELECT id, profile_id AS owner FROM sends
      WHERE profile_id < ${below} ORDER BY profile_id DESC LIMIT ${LETTERS_AT_ONCE}`);
    const last = letters.at(-1);
    if (last === undefined) return gone;
    below = last.owner;
    gone += await store.run(sql`DELETE FROM arrivals WHERE state <> 'new'
      AND send_id IN ${store.phrases.numbers(letters.map(({ id }) => id))}`);
  }
}
