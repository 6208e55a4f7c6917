import { assemble, type LetterData, type Letterpress } from '../campaigns/assembly.ts';
import type { Customer } from '../campaigns/customers.ts';
import type { Run } from '../campaigns/port.ts';
import type { SkipReason } from '../campaigns/reasons.ts';
import type { LetterContext, LetterProgram } from '../content/program.ts';
import type { LetterWriter, Moment } from './letter-writer.ts';
import type { LeasedSend } from './port.ts';

/** A leased send with all that its letter says, gathered for the whole batch and not yet written. */
export interface Draft {
  readonly send: LeasedSend;
  readonly to: string;
  readonly program: LetterProgram;
  readonly context: LetterContext;
}

/** A letter that is written: what leaves, and the decision (JSON) that is stored with its claim. */
export interface ReadyLetter {
  readonly send: LeasedSend;
  readonly envelope: { readonly from: string; readonly to: string };
  readonly bytes: Buffer;
  readonly decision: string;
}

/** Why a send gets no letter. */
export interface NoLetter {
  readonly reason: SkipReason;
  readonly detail: string;
}

/** What gathering asks for. */
export interface DraftDeps {
  readonly data: LetterData;
  press(sourceHash: string): Promise<Letterpress>;
}

/**
 * Gathers what the letters of a batch say, with a few queries for all of them. Nothing is written: a letter's bytes
 * exist only while a connection has them in hand.
 * @param now ms
 * @returns drafts in the order of the sends; `gone` are sends whose profile is no longer there
 */
export async function draftAll(
  deps: DraftDeps,
  run: Run,
  sends: readonly LeasedSend[],
  customers: ReadonlyMap<number, Customer>,
  now: number,
): Promise<{ drafts: Draft[]; gone: LeasedSend[] }> {
  const drafts: Draft[] = [];
  const gone: LeasedSend[] = [];
  for (const hash of new Set(sends.map((send) => send.sourceHash))) {
    const mine = sends.filter((send) => send.sourceHash === hash);
    const press = await deps.press(hash);
    const readers = mine.flatMap((send) => customers.get(send.profileId) ?? []);
    const contexts = await assemble(deps.data, press, readers, run.plan.settings, now);
    for (const send of mine) {
      const customer = customers.get(send.profileId);
      const context = contexts.get(send.profileId);
      if (customer === undefined || context === undefined) gone.push(send);
      else drafts.push({ send, to: customer.email, program: press.program, context });
    }
  }
  return { drafts, gone };
}

/** Writes one letter, or says why there is none. */
export async function writeDraft(
  writer: LetterWriter,
  { send, to, program, context }: Draft,
  moment: Moment,
): Promise<ReadyLetter | NoLetter> {
  const written = await writer.write(send.id, program, { email: to }, context, moment);
  if (!written.ok) return written;
  return {
    send,
    envelope: { from: writer.returnPath(send.id), to },
    bytes: written.bytes,
    decision: JSON.stringify(written.decision),
  };
}
