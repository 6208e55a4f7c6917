import type { SkipReason } from '../../campaigns/reasons.ts';
import type { ConsentState } from '../../profiles/consent.ts';
import type { UnsubscribeWay } from '../../tracking/arrivals.ts';

/** What is told of an event beside its kind; quoted already where it is a name. */
export interface Happening {
  readonly campaign: string | undefined;
  readonly url: string | undefined;
  readonly how: string | undefined;
}

/** Types of events that are told in a sentence; others are named as they are. */
export type ToldEvent =
  | 'opened'
  | 'clicked'
  | 'replied'
  | 'autoReplied'
  | 'unsubscribed'
  | 'resubscribed'
  | 'order'
  | 'view';

/** Where a consent can come from that we name ourselves; others are named as they are. */
export type ToldSource = UnsubscribeWay | 'sign-up page' | 'unsubscribe taken back' | 'confirmation refused';

/** Why an address is not written to, as far as we name it ourselves. */
export type ToldSuppression =
  | 'no such mailbox'
  | 'no such mail domain'
  | 'address the server cannot read'
  | 'mailbox has moved'
  | 'the domain takes no mail'
  | 'complaint'
  | 'hard bounce';

/** The page that shows what is stored, and those that erase it. */
export interface DataTexts {
  readonly title: string;
  readonly intro: string;
  /** A link to the preference page. */
  readonly back: string;
  readonly you: string;
  readonly email: string;
  readonly noEmail: string;
  readonly since: string;
  /** What the shop noted about the customer. */
  readonly attributes: string;
  readonly externalIds: string;
  readonly suppressed: (reason: string) => string;
  readonly suppressions: Readonly<Record<ToldSuppression, string>>;
  readonly consents: string;
  readonly noConsents: string;
  readonly consentState: Readonly<Record<ConsentState, string>>;
  readonly consentFrom: (when: string, source: string) => string;
  readonly sources: Readonly<Record<ToldSource, string>>;
  /** A file that was read in, which one is nobody's business outside; another system by its key; and a person by hand. */
  readonly imported: string;
  readonly otherSystem: string;
  readonly staff: string;
  /** A source that the owner of the address confirmed. */
  readonly confirmed: (source: string) => string;
  /** A sign-up form that has a name. */
  readonly signUpAt: (place: string) => string;
  readonly wording: string;
  readonly proof: string;
  readonly history: (count: number) => string;
  readonly historyLine: (state: ConsentState, topic: string, source: string) => string;
  readonly events: string;
  readonly noEvents: string;
  readonly kinds: Readonly<Record<ToldEvent, string>>;
  readonly eventSums: (kind: string, count: number, first: string, last: string) => string;
  readonly newestEvents: (shown: number, all: number) => string;
  readonly happened: Readonly<Record<ToldEvent, (it: Happening) => string>>;
  readonly letters: string;
  readonly noLetters: string;
  /** Before a list that has not all of them. */
  readonly lettersShown: (shown: number, all: number) => string;
  readonly letterStates: Readonly<
    Record<'accepted' | 'waiting' | 'sending' | 'failed' | 'unknown' | 'skipped', string>
  >;
  /** `skipped`, with the reason as a sentence of its own. */
  readonly skippedBecause: (reason: string) => string;
  readonly reasons: Readonly<Record<Exclude<SkipReason, 'erased'>, string>>;
  readonly reactions: Readonly<Record<'opened' | 'clicked' | 'replied' | 'unsubscribed', string>>;
  readonly takeTitle: string;
  readonly take: string;
  readonly download: string;
  readonly eraseTitle: string;
  readonly eraseHint: string;
  readonly eraseLink: string;
  readonly confirmTitle: string;
  readonly confirmText: readonly string[];
  readonly confirmField: string;
  readonly confirmHint: (masked: string) => string;
  readonly confirmButton: string;
  readonly confirmWrong: string;
  readonly keep: string;
  readonly erasedTitle: string;
  readonly erased: string;
}
