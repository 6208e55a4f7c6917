import { z } from 'zod';
import type { Frequency, QuietHours } from '../profiles/preferences.ts';
import type { UnsubscribeWay } from './arrivals.ts';

/** Whether a profile wants letters about a topic. */
export interface TopicChoice {
  readonly topic: string;
  readonly state: 'in' | 'out';
}

/** The person who reads a letter, as far as the public pages show it. */
export interface LetterReader {
  readonly profileId: number;
  readonly address: string;
  /** The topic of the letter's run. */
  readonly topic: string;
  /** The letter's topic is always among them. */
  readonly topics: readonly TopicChoice[];
  /** Their own limit; undefined when they chose none. */
  readonly frequency: Frequency | undefined;
  readonly quietHours: QuietHours | undefined;
  /** IANA name; undefined when it is not known. */
  readonly timeZone: string | undefined;
}

/** What a reader chose on the preference page. Topics that are not named stay as they are. */
export interface PreferenceChoices {
  readonly topics: readonly TopicChoice[];
  readonly frequency: Frequency | undefined;
  readonly quietHours: QuietHours | undefined;
}

/** A reader's own acts on their consent and preferences, by the send whose link they followed. */
export interface ReaderStore {
  /** The target of a letter's link, undefined when the send is not kept or has no such link. */
  link(sendId: number, index: number): Promise<string | undefined>;
  reader(sendId: number): Promise<LetterReader | undefined>;
  /**
   * Takes the profile out of the letter's topic, and stores the arrival, in one transaction. A claim for the
   * same profile either came before or sees it. Repeating it changes nothing more.
   * @returns the reader as they are afterwards, undefined when the send is not kept.
   */
  optOut(
    sendId: number,
    how: UnsubscribeWay,
    at: number,
    agent: string | undefined,
  ): Promise<LetterReader | undefined>;
  /** Takes an opt-out from the letter's topic back; nothing for those who are not out of it. */
  optIn(sendId: number, at: number, agent: string | undefined): Promise<LetterReader | undefined>;
  /** Stores what was chosen in one transaction; going out of the letter's topic is an unsubscribe as well. */
  choose(sendId: number, choices: PreferenceChoices, at: number): Promise<LetterReader | undefined>;
  /** Fails when the database does not answer. */
  ping(): Promise<void>;
}

const decisionSchema = z.object({ links: z.array(z.string()) });

/** The links of a send's decision, which is kept as JSON text; none when it cannot be read. */
export function linksOfDecision(decision: string | null): readonly string[] {
  if (decision === null) return [];
  try {
    return decisionSchema.parse(JSON.parse(decision)).links;
  } catch {
    return [];
  }
}
