import type { Customer } from '../campaigns/customers.ts';
import type { Run } from '../campaigns/port.ts';
import { afterQuietHours } from '../campaigns/quiet-hours.ts';
import type { SkipReason } from '../campaigns/reasons.ts';
import { type SurveyDeps, type Surveyed, survey } from '../campaigns/survey.ts';
import { type Draft, draftAll } from './drafts.ts';
import type { LetterWriter, Moment } from './letter-writer.ts';
import type { LeasedSend } from './port.ts';
import type { Slab } from './slab.ts';

/** Where letters are written: on this thread, or in one of its own, so that connections are served meanwhile. */
export interface Scriptorium {
  /** Looks up what decides on the letters of a run that is planned; see survey.ts. */
  survey(run: Run, profileIds: readonly number[]): Promise<Surveyed[]>;
  /**
   * Looks up whom the letters of a batch are for.
   * @param now ms
   */
  gather(run: Run, sends: readonly LeasedSend[], now: number): Promise<Batch>;
  close(): Promise<void>;
}

/** The letters of one lease, none of them written yet. */
export interface Batch {
  /** In the order of the sends. */
  readonly readers: readonly Reader[];
  /** Writes letters, a few at a time; in the order of the ids. @param slab where their bytes may lie */
  write(ids: readonly number[], moment: Moment, slab?: Slab): Promise<readonly Letter[]>;
  /** Nobody will read a letter's bytes again: its memory may be another's. Need not be said of every letter. */
  done(letter: WrittenLetter): void;
  /** Forgets the batch. */
  end(): void;
}

export interface Reader {
  readonly sendId: number;
  /** Undefined when the profile, or its address, is no longer there. */
  readonly address: string | undefined;
  /** The end of the quiet hours that it is in, ms; undefined when it is awake. */
  readonly quietUntil: number | undefined;
}

/** A letter as it leaves, with the decision (JSON) that is stored with its claim, or why there is none. */
export type Letter = WrittenLetter | NoLetter;

export interface WrittenLetter {
  readonly sendId: number;
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
  readonly decision: string;
}

export interface NoLetter {
  readonly sendId: number;
  readonly reason: SkipReason;
  readonly detail: string;
}

/** What writing asks for. */
export interface ScriptoriumDeps extends SurveyDeps {
  writer(run: Run): LetterWriter;
}

/** Writes on this thread. */
export function scriptoriumHere(deps: ScriptoriumDeps): Scriptorium {
  const writers = new Map<number, LetterWriter>();
  const writerOf = (run: Run) => {
    const known = writers.get(run.id) ?? deps.writer(run);
    writers.set(run.id, known);
    return known;
  };
  return {
    survey: (run, profileIds) => survey(deps, run.plan, profileIds),
    gather: async (run, sends, now) => {
      const customers = await deps.customers.byIds(sends.map((send) => send.profileId));
      const readers = sends.map((send) => readerOf(send, customers.get(send.profileId), run, now));
      // Drafted for all who are awake at once, and only if there is a letter to write at all.
      const awake = sends.filter((_, index) => readers[index]?.quietUntil === undefined);
      let drafts: Promise<Map<number, Draft>> | undefined;
      return {
        readers,
        write: async (ids, moment, slab) => {
          drafts ??= draftAll(deps, run, awake, customers, now);
          return writeAll(writerOf(run), await drafts, ids, moment, slab);
        },
        done: () => undefined,
        end: () => undefined,
      };
    },
    close: async () => undefined,
  };
}

function readerOf(send: LeasedSend, customer: Customer | undefined, run: Run, now: number): Reader {
  const at = afterQuietHours(
    now,
    customer?.quietHours ?? run.plan.quietHours,
    customer?.timeZone ?? run.plan.timeZone,
  );
  return { sendId: send.id, address: customer?.email, quietUntil: at > now ? at : undefined };
}

async function writeAll(
  writer: LetterWriter,
  drafts: ReadonlyMap<number, Draft>,
  ids: readonly number[],
  moment: Moment,
  slab: Slab | undefined,
): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const sendId of ids) {
    const draft = drafts.get(sendId);
    if (draft === undefined) letters.push({ sendId, reason: 'data missing', detail: 'the profile is gone' });
    else letters.push(await writeOne(writer, draft, moment, slab));
  }
  return letters;
}

async function writeOne(
  writer: LetterWriter,
  draft: Draft,
  moment: Moment,
  slab: Slab | undefined,
): Promise<Letter> {
  const { sendId, customer, program } = draft;
  const to = customer.email;
  if (to === undefined)
    return { sendId, reason: 'no address', detail: 'the profile has no e-mail address any more' };
  const written = await writer.write(sendId, program, { email: to }, draft.contextOf(customer), moment, slab);
  if (!written.ok) return { sendId, reason: written.reason, detail: written.detail };
  const decision = JSON.stringify(written.decision);
  return { sendId, from: writer.returnPath(sendId), to, bytes: written.bytes, decision };
}
