import type { Customers } from '../campaigns/customers.ts';
import { slotFor, type Terms } from '../campaigns/eligibility.ts';
import type { Run } from '../campaigns/port.ts';
import { sendingStates } from '../campaigns/reasons.ts';
import { sourceHashOf } from '../campaigns/run-plan.ts';
import { LettersAhead } from './letters-ahead.ts';
import type { ClaimRequest, Lease, LeasedSend, SendLedger, Settlement, Verdict } from './port.ts';
import type { Reader, Scriptorium } from './scriptorium.ts';
import { type BatchResult, sendBatch } from './send-batch.ts';
import type { Throttle } from './throttle.ts';
import type { Transport } from './transport.ts';

export const BATCH_SIZE = 200;

/** What a send worker needs; one for the process, so that claims and settlements of all its jobs are grouped. */
export interface SendJobDeps {
  readonly ledger: SendLedger;
  readonly customers: Customers;
  readonly scriptorium: Scriptorium;
  readonly transport: Transport;
  readonly throttle: Throttle;
  readonly leaseMs: number;
  readonly firstRetryMs: number;
  run(id: number): Promise<Run | undefined>;
  claim(request: ClaimRequest): Promise<Verdict>;
  settle(settlement: Settlement): Promise<void>;
  contentRefused(runId: number, response: string, receiver?: string): Promise<void>;
  contentAccepted(runId: number): void;
}

/** What one job did: whether more may be due, and the server's word when it is down. */
export interface SendJobResult extends BatchResult {
  readonly leased: number;
}

/**
 * Leases one batch of a run's due sends, gathers what their letters say and sends them. Whatever is not claimed in
 * the end, for whatever reason, is given back to the ledger.
 */
export async function sendJob(deps: SendJobDeps, runId: number, signal: AbortSignal): Promise<SendJobResult> {
  const nothing = { leased: 0, claimed: 0, serverDown: undefined };
  const run = await deps.run(runId);
  if (run === undefined || !sendingStates.includes(run.state) || signal.aborted) return nothing;
  // Before anything is leased: a server that is down costs nothing, and its features decide how letters are written.
  const first = await deps.transport.slot(signal);
  if (first.kind === 'down')
    return { ...nothing, serverDown: first.reason === 'stopped' ? undefined : first.response };
  first.release();
  const lease = await deps.ledger.lease(runId, BATCH_SIZE, deps.leaseMs);
  if (lease.sends.length === 0) return nothing;
  const renewal = setInterval(
    () => void deps.ledger.renew(lease, deps.leaseMs).catch(() => undefined),
    deps.leaseMs / 3,
  );
  try {
    // Read again behind the lease: whoever gives the run another text after this takes the lease away as well.
    const asItStands = await deps.run(runId);
    const result = await sendLease(deps, asItStands ?? run, lease, signal);
    return { ...result, leased: lease.sends.length };
  } finally {
    clearInterval(renewal);
    await deps.ledger.release(lease);
  }
}

async function sendLease(
  deps: SendJobDeps,
  run: Run,
  { token, at: now, sends: held }: Lease,
  signal: AbortSignal,
): Promise<BatchResult> {
  const sends = held.map((send) => ({ ...send, sourceHash: sourceHashOf(run.plan, send.variant) }));
  const batch = await deps.scriptorium.gather(run, sends, now);
  try {
    const may = await admitted(deps, run, token, batch.readers);
    const going = sends.filter((send) => may.has(send.id));
    const channel = deps.transport.features()?.eightBitMime === true ? '8bit' : '7bit';
    const ids = going.map((send) => send.id);
    const addresses = new Map(batch.readers.map((reader) => [reader.sendId, reader.address]));
    const letters = new LettersAhead(batch, ids, { date: now, channel });
    return await sendBatch(
      {
        ...deps,
        line: (sends) => deps.throttle.line(sends, (send) => addresses.get(send.id) ?? ''),
        letter: (id) => letters.take(id),
        done: (letter) => batch.done(letter),
        mustWait: (address) => deps.throttle.mustWait(address),
        refused: (send, verdict) => refuse(deps, run, token, send, verdict),
        skipped: (send, { reason, detail }) => deps.ledger.skip(token, send.id, reason, detail),
      },
      token,
      going,
      signal,
    );
  } finally {
    batch.end();
  }
}

/**
 * Those who may have their letter now. A letter that was held up until its reader's quiet hours began waits for
 * their end, one that a limit holds back for its permit.
 */
async function admitted(
  deps: SendJobDeps,
  run: Run,
  token: string,
  readers: readonly Reader[],
): Promise<Set<number>> {
  const waits: { id: number; dueAt: number }[] = [];
  const letters: { id: number; address: string }[] = [];
  for (const { sendId: id, address, quietUntil } of readers) {
    if (quietUntil !== undefined) waits.push({ id, dueAt: quietUntil });
    else letters.push({ id, address: address ?? '' });
  }
  if (waits.length > 0) await deps.ledger.postpone(token, waits);
  return deps.throttle.admit(run.id, run.plan.from.address, token, letters);
}

async function refuse(
  deps: SendJobDeps,
  run: Run,
  token: string,
  send: LeasedSend,
  verdict: Exclude<Verdict, 'go'>,
): Promise<void> {
  switch (verdict) {
    case 'no consent':
    case 'suppressed':
      return deps.ledger.skip(token, send.id, verdict, 'decided when it was about to leave');
    case 'over frequency':
    case 'paused by the customer':
      return findAnotherSlot(deps, run, token, send);
    case 'expired':
      return deps.ledger.skip(token, send.id, 'no longer worth sending', undefined);
    case 'not running':
    case 'slowed down': // Given back with the rest; its next lease asks for a permit and is put off.
    case 'lost':
      return;
  }
}

async function findAnotherSlot(deps: SendJobDeps, run: Run, token: string, send: LeasedSend): Promise<void> {
  const customer = (await deps.customers.byIds([send.profileId])).get(send.profileId);
  if (customer === undefined) return;
  const { slots, now } = await deps.ledger.takenSlots(send.profileId, send.runId, send.id);
  const terms: Terms = { ...run.plan, validUntil: run.validUntil };
  const slot = slotFor(customer, slots, terms, now + 1000);
  if (typeof slot === 'string') await deps.ledger.skip(token, send.id, slot, undefined);
  else await deps.ledger.postpone(token, [{ id: send.id, dueAt: slot }]);
}
