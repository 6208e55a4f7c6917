import type { DkimSigner } from '../delivery/dkim.ts';
import { makeMimeWriter } from '../delivery/mime.ts';
import { judgeRefusal } from '../delivery/refusals.ts';
import { retryDelay } from '../delivery/retry.ts';
import type { Outcome, OutgoingLetter, Slot, Transport } from '../delivery/transport.ts';
import type { TopicBook } from '../profiles/topics.ts';
import type { ConfirmTokens } from '../tracking/confirm-tokens.ts';
import { confirmationLetter, confirmUrl } from './letter.ts';
import type { Confirmation, ConfirmationStore, LetterOutcome } from './port.ts';

const AT_ONCE = 20;

/** What sending needs. */
export interface ConfirmationSending {
  readonly store: Pick<ConfirmationStore, 'due' | 'claim' | 'settle' | 'sweep'>;
  readonly transport: Transport;
  readonly tokens: ConfirmTokens;
  readonly book: TopicBook;
  readonly publicUrl: string;
  signer(from: string): DkimSigner | undefined;
  readonly leaseMs: number;
  readonly firstRetryMs: number;
  clock(): number;
}

/**
 * Sends the requests to confirm that are due. Like the letters of campaigns each is claimed, in a commit of its own,
 * when a connection is ready and before its first byte leaves; one whose answer never came is `unknown` and stays
 * so. They are few and somebody waits for them, so no limit of a campaign's pace holds them up.
 * @returns how many left
 */
export async function sendConfirmations(deps: ConfirmationSending, signal: AbortSignal): Promise<number> {
  await deps.store.sweep(deps.clock());
  let sent = 0;
  for (const confirmation of await deps.store.due(AT_ONCE)) {
    if (signal.aborted) break;
    const letter = await write(deps, confirmation);
    if (letter === undefined) continue;
    const slot = await deps.transport.slot(signal);
    if (slot.kind === 'down') break;
    try {
      sent += await sendOne(deps, slot, confirmation, letter);
    } finally {
      slot.release();
    }
  }
  return sent;
}

async function sendOne(
  deps: ConfirmationSending,
  slot: Slot,
  confirmation: Confirmation,
  letter: OutgoingLetter,
): Promise<number> {
  if (!(await deps.store.claim(confirmation.id, deps.leaseMs))) return 0;
  const outcome = await slot.deliver(letter);
  await deps.store.settle(outcomeOf(deps, confirmation, outcome));
  return outcome.kind === 'accepted' ? 1 : 0;
}

async function write(
  deps: ConfirmationSending,
  confirmation: Confirmation,
): Promise<OutgoingLetter | undefined> {
  const { from } = deps.book;
  const { address } = confirmation;
  if (from === undefined || address === undefined) return undefined;
  const host = from.address.slice(from.address.lastIndexOf('@') + 1);
  const token = deps.tokens.of(confirmation.id);
  const url = confirmUrl(deps.publicUrl, token);
  const mime = makeMimeWriter({
    from,
    listId: { id: `sign-up.${host}`, name: from.name },
    extraHeaders: { 'Auto-Submitted': 'auto-generated' },
  });
  const unsigned = mime({
    to: { address },
    replyTo: from,
    ...confirmationLetter(confirmation, deps.book, url),
    messageId: `<confirm.${token}@${host}>`,
    date: confirmation.requestedAt,
    unsubscribe: { url: `${url}/no` },
    send: `confirmation-${confirmation.id}`,
    channel: '7bit',
    lineEnds: 'any',
  });
  const signer = deps.signer(from.address);
  const bytes = signer === undefined ? unsigned : await signer.signAside(unsigned);
  return { from: from.address, to: address, bytes };
}

function outcomeOf(
  { firstRetryMs }: ConfirmationSending,
  confirmation: Confirmation,
  outcome: Outcome,
): LetterOutcome {
  const refusal = outcome.kind === 'failed' ? judgeRefusal(outcome) : undefined;
  return {
    id: confirmation.id,
    state: outcome.kind,
    response: outcome.response.slice(0, 500),
    retryInMs:
      outcome.kind === 'deferred' ? retryDelay(confirmation.attempts + 1, Math.random(), firstRetryMs) : 0,
    suppress: refusal?.about === 'address' ? refusal.reason : undefined,
  };
}
