import { setImmediate as breathe } from 'node:timers/promises';
import { assemble, type LetterData, type Letterpress } from '../campaigns/assembly.ts';
import type { Customer, Customers } from '../campaigns/customers.ts';
import { slotFor, type Terms } from '../campaigns/eligibility.ts';
import type { Run } from '../campaigns/port.ts';
import { afterQuietHours } from '../campaigns/quiet-hours.ts';
import type { LetterWriter, Moment } from './letter-writer.ts';
import type { ClaimRequest, Lease, LeasedSend, SendLedger, Settlement, Verdict } from './port.ts';
import { type BatchResult, type ReadyLetter, sendBatch } from './send-batch.ts';
import type { Throttle } from './throttle.ts';
import type { Transport } from './transport.ts';

export const BATCH_SIZE = 200;
/** Writing letters keeps the connections waiting no longer than a few milliseconds. */
const LETTERS_A_TURN = 16;

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
 * Leases one batch of a run's due sends, writes their letters and sends them. Whatever is not claimed in the end,
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
    const letters = await writeLetters(deps, run, lease);
    const refused = (send: LeasedSend, verdict: Exclude<Verdict, 'go'>) =>
      refuse(deps, run, lease.token, send, verdict);
    const result = await sendBatch(
      { ...deps, claim: claimUnlessSlowed(deps, letters), refused },
      lease.token,
      letters,
      signal,
    );
    return { ...result, leased: lease.sends.length };
  } finally {
    clearInterval(renewal);
    await deps.ledger.release(lease.token);
  }
}

async function writeLetters(deps: SendJobDeps, run: Run, lease: Lease): Promise<ReadyLetter[]> {
  const customers = await deps.customers.byIds(lease.sends.map((send) => send.profileId));
  const moment: Moment = {
    date: deps.clock(),
    channel: deps.transport.features()?.eightBitMime === true ? '8bit' : '7bit',
  };
  const awake = await admitted(
    deps,
    run,
    lease.token,
    await postponeQuiet(deps, run, lease, customers, moment.date),
    customers,
  );
  const ready: ReadyLetter[] = [];
  const decisions: { id: number; decision: string }[] = [];
  for (const hash of new Set(awake.map((send) => send.sourceHash))) {
    const sends = awake.filter((send) => send.sourceHash === hash);
    for (const letter of await writeVariant(deps, run, lease, hash, sends, customers, moment)) {
      ready.push(letter.ready);
      decisions.push({ id: letter.ready.send.id, decision: letter.decision });
    }
  }
  const held = await deps.ledger.decide(lease.token, decisions);
  return ready.filter((letter) => held.has(letter.send.id));
}

async function writeVariant(
  deps: SendJobDeps,
  run: Run,
  lease: Lease,
  hash: string,
  sends: readonly LeasedSend[],
  customers: ReadonlyMap<number, Customer>,
  moment: Moment,
): Promise<{ ready: ReadyLetter; decision: string }[]> {
  const press = await deps.press(hash);
  const writer = deps.writer(run);
  const readers = sends.flatMap((send) => customers.get(send.profileId) ?? []);
  const contexts = await assemble(deps.data, press, readers, run.plan.settings, moment.date);
  const letters: { ready: ReadyLetter; decision: string }[] = [];
  for (const [index, send] of sends.entries()) {
    if (index % LETTERS_A_TURN === 0) await breathe();
    const customer = customers.get(send.profileId);
    const context = contexts.get(send.profileId);
    if (customer === undefined || context === undefined) {
      await deps.ledger.skip(lease.token, send.id, 'data missing', 'the profile is gone');
      continue;
    }
    const written = await writer.write(send.id, press.program, customer, context, moment);
    if (!written.ok) {
      await deps.ledger.skip(lease.token, send.id, written.reason, written.detail);
      continue;
    }
    const envelope = { from: writer.returnPath(send.id), to: written.decision.to.address };
    letters.push({
      ready: { send, envelope, bytes: written.bytes },
      decision: JSON.stringify(written.decision),
    });
  }
  return letters;
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

/** A letter of this batch stays unclaimed when its destination asked for a pause meanwhile. */
function claimUnlessSlowed(deps: SendJobDeps, letters: readonly ReadyLetter[]): SendJobDeps['claim'] {
  const addresses = new Map(letters.map((letter) => [letter.send.id, letter.envelope.to]));
  return async (request) =>
    deps.throttle.mustWait(addresses.get(request.id) ?? '') ? 'slowed down' : deps.claim(request);
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
