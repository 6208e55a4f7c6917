import type { FormProblem } from '../../tracking/preferences.ts';
import type { DataTexts } from './shape-data.ts';

/** A sentence about something that is written in the middle of it; the spaces are the sentence's own. */
export type Around = readonly [before: string, after: string];

/** A limit of letters, such as 2 a week. */
export interface Limit {
  readonly max: number;
  readonly per: 'day' | 'week' | 'month';
}

/** What has gone wrong, and what to do about it. */
export interface ProblemTexts {
  readonly title: string;
  readonly text: string;
}

/**
 * What the public pages say, in one language. Another language is another object of this shape. The hyphen of a word
 * such as ‘E‑Mail’ does not break (U+2011), so that no button is torn in the middle of it.
 */
export interface Texts {
  /** The language, as a BCP 47 tag. */
  readonly lang: string;
  /** How dates are written for those who name no region. */
  readonly locale: string;
  /** A text of somebody else, in the quotation marks of the language. */
  quote(text: string): string;
  /** The page of all that is stored, and erasing it. */
  readonly data: DataTexts;
  readonly problems: {
    /** A link that is not one of ours, or whose letter is no longer kept. */
    readonly link: ProblemTexts;
    /** An address where there is no page. */
    readonly nothing: ProblemTexts;
    /** More was sent than any form holds. */
    readonly tooMuch: ProblemTexts;
    /** The server is just stopping. */
    readonly restarting: ProblemTexts;
    /** A fault of ours. */
    readonly ours: ProblemTexts;
    /** What came cannot be understood. */
    readonly theirs: ProblemTexts;
  };
  /** A link in a letter whose reader was erased. */
  readonly gone: ProblemTexts;
  /** The page at `/`. */
  readonly home: {
    readonly title: string;
    readonly what: string;
    readonly reader: string;
    /** A link to the sign-up page. */
    readonly signUp: string;
    /** For whoever runs the server, round the commands `dear --help` and `dear config`. */
    readonly operator: readonly [before: string, between: string, after: string];
  };
  readonly unsubscribe: UnsubscribeTexts;
  readonly preferences: PreferenceTexts;
  readonly signUp: SignUpTexts;
}

/** The pages behind a letter's link to stop. Sentences in two parts are round the reader's address. */
export interface UnsubscribeTexts {
  readonly askTitle: (topic: string) => string;
  readonly ask: Around;
  /** The button. */
  readonly stop: string;
  /** Right after the press. */
  readonly doneTitle: string;
  /** When somebody comes back to it. */
  readonly stoppedTitle: string;
  readonly stopped: (topic: string) => Around;
  readonly inForce: string;
  readonly mistake: string;
  /** The button that takes it back. */
  readonly again: string;
  readonly backTitle: string;
  readonly back: (topic: string) => Around;
  /** There was nothing to take back. */
  readonly sameTitle: string;
  readonly same: (topic: string) => Around;
  /** A link back to stopping. */
  readonly stopAfterAll: string;
  /** Questions that lead to the preference page, before and after stopping and after coming back. */
  readonly fewerAsk: string;
  readonly others: string;
  readonly fewer: string;
  /** The link there. */
  readonly choose: string;
}

/** The preference page. */
export interface PreferenceTexts {
  readonly title: string;
  /** Round the reader's address. */
  readonly intro: Around;
  readonly saved: string;
  readonly stopped: string;
  /** Something was changed in another place since the form was made; what the reader did not touch in it stays so. */
  readonly stale: string;
  /** The title when something in the form is wrong. */
  readonly notYet: string;
  readonly problems: Readonly<Record<FormProblem, string>>;
  readonly what: string;
  readonly whatHint: string;
  readonly noTopics: string;
  /** At a topic that was asked for and not confirmed. */
  readonly pending: string;
  /** Before the words that somebody agrees to who ticks a topic. */
  readonly agree: string;
  readonly often: string;
  readonly oftenHint: string;
  readonly rhythm: {
    readonly usual: (usual: string) => string;
    readonly all: string;
    readonly week: string;
    readonly month: string;
    readonly important: string;
    /** Followed by a number and what it is per. */
    readonly own: string;
  };
  /** The limit of those who chose none, in the middle of a sentence; undefined: there is none. */
  readonly usual: (limit: Limit | undefined) => string;
  readonly importantHint: string;
  /** What the number is, for those who do not see the page. */
  readonly ownNumber: string;
  /** Between the number and one of `per`. */
  readonly ownPer: string;
  readonly per: Readonly<Record<Limit['per'], string>>;
  readonly pause: string;
  /** Before a date. */
  readonly pauseUntil: string;
  readonly pauseHint: string;
  readonly quiet: string;
  readonly quietHint: string;
  /** Before two times. */
  readonly from: string;
  readonly to: string;
  readonly where: string;
  readonly zone: string;
  /** Which one holds for those who choose none. */
  readonly zoneHint: (zone: string) => string;
  /** The choice of none. */
  readonly zoneUnknown: string;
  /** Parts of the world, as the names of time zones have them. */
  readonly parts: Readonly<Record<WorldPart, string>>;
  readonly language: string;
  readonly languageHint: string;
  readonly languageUsual: string;
  readonly save: string;
  readonly stopTitle: string;
  readonly stop: string;
  readonly stopHint: string;
  readonly dataAsk: string;
  readonly dataLink: string;
}

/** What names of time zones begin with. */
export type WorldPart =
  | 'Africa'
  | 'America'
  | 'Antarctica'
  | 'Arctic'
  | 'Asia'
  | 'Atlantic'
  | 'Australia'
  | 'Europe'
  | 'Indian'
  | 'Pacific';

/** The sign-up page, and those behind the link of the letter that asks. Sentences in two parts are round the address. */
export interface SignUpTexts {
  readonly title: string;
  readonly intro: string;
  readonly email: string;
  readonly topics: string;
  readonly button: string;
  readonly noneTitle: string;
  readonly none: string;
  readonly wrongEmail: string;
  readonly wrongTopics: string;
  readonly thanksTitle: string;
  readonly thanks: Around;
  readonly thanksHint: string;
  readonly confirmTitle: string;
  readonly confirmIntro: Around;
  /** Before the words that the button agrees to. */
  readonly youAgree: string;
  readonly yes: string;
  readonly no: string;
  /** The button that stops letters which were agreed to. */
  readonly stop: string;
  readonly yesTitle: string;
  /** Before a list of topics that letters come about, and of topics they would come about. */
  readonly yesText: Around;
  readonly wouldText: Around;
  readonly blockedTitle: string;
  readonly suppressed: (reason: string) => string;
  /** Followed by the shop's address, where there is one. */
  readonly suppressedMend: string;
  readonly paused: (day: string) => string;
  readonly stoppedTitle: string;
  /** Before a list of topics. */
  readonly stopped: Around;
  /** Before a list of some of the topics. */
  readonly stoppedToo: string;
  readonly noTitle: string;
  readonly noText: Around;
  readonly expiredTitle: string;
  readonly expired: string;
  readonly expiredAgreed: string;
  readonly refusedTitle: string;
  readonly refused: string;
  readonly laterTitle: string;
  readonly later: string;
  /** Round a link to the sign-up page. */
  readonly anew: readonly [before: string, link: string, after: string];
}
