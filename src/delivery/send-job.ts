import type { LetterData, Letterpress } from '../campaigns/assembly.ts';
import type { Customer, Customers } from '../campaigns/customers.ts';
import { slotFor, type Terms } from '../campaigns/eligibility.ts';
import type { Run } from '../campaigns/port.ts';
import { afterQuietHours } from '../campaigns/quiet-hours.ts';
import { type Draft, draftAll, writeDraft } from './drafts.ts';
import type { LetterWriter, Moment } from './letter-writer.ts';
import type { ClaimRequest, Lease, LeasedSend, SendLedger, Settlement, Verdict } from './port.ts';
import { type BatchResult, sendBatch } from './send-batch.ts';
import type { Throttle } from './throttle.ts';
import type { Transport } from './transport.ts';

export const BATCH_SIZE = 200;

/** What a send worker needs; one for the process, so that claims and settlements of all its jobs are grouped. */
export interface SendJobDeps {
  readonly ledger: SendLedger;
  readonly customers: Customers;
  readonly data: LetterData;
  readonly transport: Transport;
  readonly throttle: Throttle;
  readonly leaseMs: number;
  readonly firstRetryMs: number;
  run(id: number): Promise<Run | undefined>;
  press(sourceHash: string): Promise<Letterpress>;
  writer(run: Run): LetterWriter;
  claim(request: ClaimRequest): Promise<Verdict>;
  settle(settlement: Settlement): Promise<void>;
  contentRefused(runId: number, response: string): Promise<void>;
  contentAccepted(runId: number): void;
  clock(): number;
}

/** What one job did: whether more may be due, and the server's word when it is down. */
export interface SendJobResult extends BatchResult {
  readonly leased: number;
}

/**
 * Leases one batch of a run's due sends, gathers what their letters say and sends them. Whatever is not claimed in the end,
 * for whatever reason, is given back to the ledger.
 */
export async function sendJob(deps: SendJobDeps, runId: number, signal: AbortSignal): Promise<SendJobResult> {
  const nothing = { leased: 0, claimed: 0, serverDown: undefined };
  const run = await deps.run(runId);
  if (run === undefined || run.state !== 'running' || signal.aborted) return nothing;
  // Before anything is leased: a server that is down costs nothing, and its features decide how letters are written.
  const first = await deps.transport.slot(signal);
  if (first.kind === 'down')
    return { ...nothing, serverDown: first.reason === 'stopped' ? undefined : first.response };
  first.release();
  const lease = await deps.ledger.lease(runId, BATCH_SIZE, deps.leaseMs);
  if (lease.sends.length === 0) return nothing;
  const renewal = setInterval(
    () => void deps.ledger.renew(lease.token, deps.leaseMs).catch(() => undefined),
    deps.leaseMs / 3,
  );
  try {
    const date = deps.clock();
    const moment: Moment = {
      date,
      channel: deps.transport.features()?.eightBitMime === true ? '8bit' : '7bit',
    };
    const writer = deps.writer(run);
    const { token } = lease;
    const result = await sendBatch(
      {
        ...deps,
        mustWait: (address) => deps.throttle.mustWait(address),
        write: (draft) => writeDraft(writer, draft, moment),
        refused: (send, verdict) => refuse(deps, run, token, send, verdict),
        skipped: (send, { reason, detail }) => deps.ledger.skip(token, send.id, reason, detail),
      },
      token,
      await draftLetters(deps, run, lease, date),
      signal,
    );
    return { ...result, leased: lease.sends.length };
  } finally {
    clearInterval(renewal);
    await deps.ledger.release(lease.token);
  }
}

/** What the letters say to those of the lease who may have theirs now. */
async function draftLetters(deps: SendJobDeps, run: Run, lease: Lease, now: number): Promise<Draft[]> {
  const customers = await deps.customers.byIds(lease.sends.map((send) => send.profileId));
  const awake = await postponeQuiet(deps, run, lease, customers, now);
  const may = await admitted(deps, run, lease.token, awake, customers);
  const { drafts, gone } = await draftAll(deps, run, may, customers, now);
  for (const send of gone) {
    await deps.ledger.skip(lease.token, send.id, 'data missing', 'the profile is gone');
  }
  return drafts;
}

/** A letter that was held up until its reader's quiet hours began waits for their end. */
async function postponeQuiet(
  deps: SendJobDeps,
  run: Run,
  lease: Lease,
  customers: ReadonlyMap<number, Customer>,
  now: number,
): Promise<LeasedSend[]> {
  const awake: LeasedSend[] = [];
  const waits: { id: number; dueAt: number }[] = [];
  for (const send of lease.sends) {
    const customer = customers.get(send.profileId);
    const at = afterQuietHours(
      now,
      customer?.quietHours ?? run.plan.quietHours,
      customer?.timeZone ?? run.plan.timeZone,
    );
    if (at > now) waits.push({ id: send.id, dueAt: at });
    else awake.push(send);
  }
  if (waits.length > 0) await deps.ledger.postpone(lease.token, waits);
  return awake;
}

/** Those that no limit holds back; the others were given back until later. */
async function admitted(
  deps: SendJobDeps,
  run: Run,
  token: string,
  sends: readonly LeasedSend[],
  customers: ReadonlyMap<number, Customer>,
): Promise<LeasedSend[]> {
  const letters = sends.map((send) => ({
    id: send.id,
    address: customers.get(send.profileId)?.email ?? '',
  }));
  const may = await deps.throttle.admit(run.id, run.plan.from.address, token, letters);
  return sends.filter((send) => may.has(send.id));
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
  const now = deps.clock();
  const taken = await deps.ledger.takenSlots(send.profileId, send.runId, send.id);
  const terms: Terms = { ...run.plan, validUntil: run.validUntil };
  const slot = slotFor(customer, taken, terms, now + 1000);
  if (typeof slot === 'string') await deps.ledger.skip(token, send.id, slot, undefined);
  else await deps.ledger.postpone(token, [{ id: send.id, dueAt: slot }]);
}
