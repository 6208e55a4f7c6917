import { gather, type LetterData, type Letterpress } from '../campaigns/assembly.ts';
import type { Customer } from '../campaigns/customers.ts';
import type { Run } from '../campaigns/port.ts';
import type { LetterContext, LetterProgram } from '../content/program.ts';
import type { LeasedSend } from './port.ts';

/** All that a letter says, not yet written. */
export interface Draft {
  readonly sendId: number;
  readonly customer: Customer;
  readonly program: LetterProgram;
  contextOf(customer: Customer): LetterContext;
}

/** What gathering asks for. */
export interface DraftDeps {
  readonly data: LetterData;
  press(sourceHash: string): Promise<Letterpress>;
}

/**
 * Gathers what the letters of a batch say, with a few queries for all of them.
 * @param now ms
 * @returns the drafts by the sends' ids; those whose profile is no longer there have none
 */
export async function draftAll(
  deps: DraftDeps,
  run: Run,
  sends: readonly LeasedSend[],
  customers: ReadonlyMap<number, Customer>,
  now: number,
): Promise<Map<number, Draft>> {
  const drafts = new Map<number, Draft>();
  for (const hash of new Set(sends.map((send) => send.sourceHash))) {
    const mine = sends.filter((send) => send.sourceHash === hash);
    const { source, program } = await deps.press(hash);
    const readers = mine.flatMap((send) => customers.get(send.profileId) ?? []);
    const contextOf = await gather(deps.data, { source, program }, readers, run.plan.settings, now);
    for (const send of mine) {
      const customer = customers.get(send.profileId);
      if (customer !== undefined) drafts.set(send.id, { sendId: send.id, customer, program, contextOf });
    }
  }
  return drafts;
}
