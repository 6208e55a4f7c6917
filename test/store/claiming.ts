import type { ClaimRequest, SendLedger, Settlement } from '../../src/delivery/port.ts';
import type { Frequency } from '../../src/profiles/preferences.ts';
import type { Store } from '../../src/store/database.ts';
import { ledgerReader } from '../../src/store/ledger-reader.ts';
import { sendLedger } from '../../src/store/send-ledger.ts';

export const LEASE_MS = 60_000;
export const states = async (store: Store, runId: number) =>
  Object.fromEntries((await ledgerReader(store).counts(runId)).map((row) => [row.state, row.count]));
export const settlement = (id: number, token: string, own: Partial<Settlement> = {}): Settlement => ({
  id,
  token,
  state: 'accepted',
  reason: undefined,
  code: 250,
  response: '250 OK',
  retryInMs: 0,
  suppress: undefined,
  ...own,
});

/** Claims; the decisions and what they were made from, where a test does not care, say nothing. */
export const claim = (
  ledger: SendLedger,
  requests: readonly (Omit<ClaimRequest, 'decision' | 'sourceHash'> & Partial<ClaimRequest>)[],
  fallback: Frequency | undefined,
) =>
  ledger.advance(
    [],
    requests.map((request) => ({ decision: '{}', sourceHash: 'hash', ...request })),
    fallback,
  );
export const settle = (ledger: SendLedger, settlements: readonly Settlement[]) =>
  ledger.advance(settlements, [], undefined);

export async function leaseAll(store: Store, runId: number) {
  const lease = await sendLedger(store).lease(runId, 1000, LEASE_MS);
  return lease.sends.map((send) => ({ id: send.id, profileId: send.profileId, token: lease.token }));
}
