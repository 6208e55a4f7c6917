import { z } from 'zod';
import type { OwnEventType } from '../profiles/event-key.ts';

/** What can arrive from outside. `resubscribe` is an unsubscribe taken back. */
export type ArrivalKind = 'open' | 'click' | 'unsubscribe' | 'resubscribe' | 'mail';

/** How an unsubscribe came: by the page's button, by RFC 8058, or by the preference page. */
export const unsubscribeWays = ['unsubscribe link', 'one-click', 'preference page'] as const;
export type UnsubscribeWay = (typeof unsubscribeWays)[number];

/** The facts of a hit on one of a letter's links. No address of the reader's machine is kept. */
export const hitFactsSchema = z.object({
  send: z.int().positive(),
  link: z.int().nonnegative().optional(),
  url: z.string().optional(),
  how: z.enum(unsubscribeWays).optional(),
  agent: z.string().optional(),
});
export type HitFacts = z.output<typeof hitFactsSchema>;

/** The SMTP envelope that a mail came in; `from` is empty for the null return path. */
export const mailFactsSchema = z.object({ from: z.string(), to: z.array(z.string()) });
export type MailFacts = z.output<typeof mailFactsSchema>;

/** Something from outside, before it is stored. */
export type NewArrival =
  | { readonly kind: Exclude<ArrivalKind, 'mail'>; readonly at: number; readonly facts: HitFacts }
  | { readonly kind: 'mail'; readonly at: number; readonly facts: MailFacts; readonly raw: Buffer };

/** A stored arrival that waits to be folded. A mail's bytes are read on their own, they may be large. */
export interface Arrival {
  readonly id: number;
  readonly kind: string;
  /** When it came, ms. */
  readonly at: number;
  readonly facts: unknown;
}

/** The events that arrivals become. `autoReplied` is a machine's answer, such as an absence notice. */
export type HappenedType = Extract<
  OwnEventType,
  'opened' | 'clicked' | 'unsubscribed' | 'resubscribed' | 'replied' | 'autoReplied'
>;

/** An event of the profile that a send went to. */
export interface Happened {
  readonly type: HappenedType;
  readonly sendId: number;
  /** Unique: what has the same key is the same event. */
  readonly key: string;
  readonly at: number;
  /** Beside the campaign, run, send and variant, which every such event gets. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What an arrival turned out to be. `note` is for people. */
export type Finding =
  | { readonly state: 'folded'; readonly note?: string; readonly happened?: Happened }
  /** `sendId`: the letter that it is about, although it is nothing that its reader did. */
  | { readonly state: 'unmatched'; readonly note: string; readonly sendId?: number | undefined };

/** A finding about one arrival. */
export interface Judged {
  readonly arrivalId: number;
  readonly finding: Finding;
}

/** Where arrivals are kept, and what turns them into events and marks on the ledger. */
export interface ArrivalStore {
  /** Stores all of them, or none when it fails. */
  add(arrivals: readonly NewArrival[]): Promise<void>;
  /** Arrivals that wait to be folded, with ids above `afterId`, in the order of their ids. */
  waiting(afterId: number, limit: number): Promise<Arrival[]>;
  /** How many wait to be folded. */
  count(): Promise<number>;
  /** The bytes of a mail. */
  raw(arrivalId: number): Promise<Buffer | undefined>;
  /**
   * Applies findings in one transaction: events are inserted unless their key is known, the ledger's marks are
   * set, the arrivals leave the state 'new'. Of mails about letters of people who were erased nothing is kept but
   * that they came. Arrivals that another folder took meanwhile are left to it.
   * @returns how many arrivals it folded.
   */
  fold(judged: readonly Judged[], now: number): Promise<number>;
}
