import { emptyState, mergeChange, type ProfileState } from '../profiles/merge.ts';
import type { ProfileChange } from '../profiles/port.ts';
import { Standing } from './standing.ts';

/*
 * What changes make of profiles, on its way to either database. Nothing here may load drizzle: the thread for bulk work
 * does without.
 */

/** One address of a batch: what the store knows, and what the changes made of it. */
export interface Draft {
  readonly email: string;
  readonly changes: ProfileChange[];
  id: number | undefined;
  before: ProfileState | undefined;
  state: ProfileState;
  standing: Standing;
}

/** One draft an address, in the order of addresses: two imports at once then wait for each other only one way. */
export function draftsOf(changes: readonly ProfileChange[]): Map<string, Draft> {
  const drafts = new Map<string, Draft>();
  for (const change of [...changes].sort((a, b) => (a.email < b.email ? -1 : a.email > b.email ? 1 : 0))) {
    const draft = drafts.get(change.email);
    if (draft) draft.changes.push(change);
    else {
      drafts.set(change.email, {
        email: change.email,
        changes: [change],
        id: undefined,
        before: undefined,
        state: emptyState,
        standing: new Standing(),
      });
    }
  }
  return drafts;
}

/** Lets a draft take its changes in their order, and counts what each of them did. */
export function applyChanges(
  draft: Draft,
  counts: { added: number; updated: number; unchanged: number },
  now: number,
): void {
  let isNew = draft.before === undefined;
  for (const change of draft.changes) {
    const next = mergeChange(draft.state, change);
    const changed = next !== draft.state;
    draft.state = next;
    const consented = change.consents.filter((consent) => draft.standing.take(consent, now)).length > 0;
    if (isNew) counts.added += 1;
    else if (changed || consented) counts.updated += 1;
    else counts.unchanged += 1;
    isNew = false;
  }
}
