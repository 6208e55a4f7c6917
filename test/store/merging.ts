import { eq } from 'drizzle-orm';
import type { Store } from '../../src/store/database.ts';
import { identityStore } from '../../src/store/identity.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { makeReaders } from '../fixtures/planned.ts';

export const note = { by: 'test', why: 'the same person' };
export const merge = (store: Store, survivor: number, merged: number, now = 100) =>
  identityStore(store).merge(survivor, merged, note, now);

export async function two(
  store: Store,
  own: Parameters<typeof makeReaders>[2] = {},
): Promise<[number, number]> {
  const [one = 0, other = 0] = await makeReaders(store, 2, own);
  return [one, other];
}

/** Sets a send of a run as if it had come so far. */
export async function become(
  store: Store,
  runId: number,
  profileId: number,
  state: string,
  more: object = {},
) {
  const { sends } = store.tables;
  const [row] = await store.orm
    .update(sends)
    .set({ state, ...more })
    .where(eq(sends.id, (await ledgerReader(store).sendOf(runId, profileId))?.id ?? 0))
    .returning({ id: sends.id });
  return row?.id ?? 0;
}
