/**
 * A letter that asks whether a sign-up is meant. It goes through the same states as a send of a campaign, with the
 * same promise: claimed before its first byte leaves, and never sent again on its own when the answer never came.
 */
export const letterStates = [
  'queued',
  'sending',
  'accepted',
  'deferred',
  'failed',
  'unknown',
  'skipped',
] as const;
export type LetterState = (typeof letterStates)[number];

/** What became of the question; undefined as long as it is open. */
export type Answer = 'yes' | 'no' | 'expired';

/** One request to confirm a sign-up. Times are ms. */
export interface Confirmation {
  readonly id: number;
  readonly profileId: number;
  /** Undefined when the profile has lost its address since. */
  readonly address: string | undefined;
  readonly topics: readonly string[];
  readonly source: string;
  /** The language that it was asked for in, as a BCP 47 tag, if anybody said. */
  readonly language: string | undefined;
  readonly state: LetterState;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly attempts: number;
  readonly response: string | undefined;
  readonly answer: Answer | undefined;
  readonly answeredAt: number | undefined;
}

/** What holds for the address of a request now, whatever was answered to it. */
export interface Holding {
  /** Those of its topics that the profile agrees to. */
  readonly agreed: readonly string[];
  /** Why the address must not be mailed; undefined when it may. */
  readonly suppressed: string | undefined;
  /** No letters before this moment, ms. */
  readonly pausedUntil: number | undefined;
  /** Whatever the attribute `language` says; undefined when it is not known. */
  readonly language: string | undefined;
}

/** The words that somebody is asked to agree to, by topic; one without any is not among them. */
export type Wordings = ReadonlyMap<string, string>;

/** A request with the words that were shown when it was made: a yes agrees to them, in whatever language they are. */
export interface WordedConfirmation extends Confirmation {
  readonly wordings: Wordings;
}

/** A request with what holds now. */
export type ConfirmationNow = WordedConfirmation & { readonly holds: Holding };

/** A sign-up that is to be confirmed. */
export interface SignUp {
  /** As `normaliseEmail` gives it. */
  readonly address: string;
  readonly topics: readonly { readonly name: string; readonly wording: string | undefined }[];
  readonly source: string;
  readonly proof: string | undefined;
  readonly language?: string | undefined;
  readonly at: number;
  readonly expiresAt: number;
}

/** How often one profile may be asked, so that nobody can fill a stranger's mailbox with our letters. */
export interface AskingLimit {
  /** Letters in a window of this length. */
  readonly windowMs: number;
  readonly most: number;
  /** At least so long between two letters. */
  readonly pauseMs: number;
}

/** `asked`: a letter will go out. All others change nothing: agreed already, asked too often, never to be mailed. */
export type Asked = 'asked' | 'agreed already' | 'asked before' | 'suppressed';

/** What came of a claimed letter. */
export interface LetterOutcome {
  readonly id: number;
  readonly state: 'accepted' | 'deferred' | 'failed' | 'unknown';
  readonly response: string;
  readonly retryInMs: number;
  /** Why the address must not be mailed again. */
  readonly suppress: string | undefined;
}

/** Requests to confirm, on either database. */
export interface ConfirmationStore {
  /** Makes the profile if it is new, its consents `pending`, and the request, in one transaction. */
  request(
    signUp: SignUp,
    limit: AskingLimit,
  ): Promise<{ readonly asked: Asked; readonly id: number | undefined }>;
  byId(id: number): Promise<ConfirmationNow | undefined>;
  /** The newest first. */
  list(limit: number): Promise<Confirmation[]>;
  /** Whether any letter may leave now. */
  waits(): Promise<boolean>;
  /** Letters that may leave now; others do not get them for so long. */
  take(limit: number, holdMs: number): Promise<WordedConfirmation[]>;
  /** Gives letters that were taken back until later. What another worker did with one meanwhile stands. */
  postpone(
    waits: readonly { readonly id: number; readonly attempts: number; readonly inMs: number }[],
  ): Promise<void>;
  /**
   * queued | deferred → sending, unless the question is no longer open or the address is suppressed, or another
   * worker tried since: then `attempts` are more than they were when it was taken.
   */
  claim(id: number, attempts: number, leaseMs: number): Promise<boolean>;
  settle(outcome: LetterOutcome): Promise<void>;
  /**
   * The owner's answer. `yes` opts in, once, as long as the request has not expired; `no` opts out whenever it is
   * said. Undefined when there is no such request; otherwise as it is afterwards.
   */
  answer(id: number, answer: 'yes' | 'no', at: number, proof: string): Promise<ConfirmationNow | undefined>;
  /**
   * What time has done: requests nobody answered are over and their consents are what they were before; letters
   * that are no longer to be sent are skipped; claims of workers that died are `unknown`.
   * @returns how many requests expired
   */
  sweep(): Promise<number>;
}
