import { z } from 'zod';
import type { Consent, ConsentState } from '../profiles/consent.ts';
import type { EventSummary, Profile, StoredEvent, Suppression } from '../profiles/port.ts';
import type { Frequency, PreferencesChange, QuietHours } from '../profiles/preferences.ts';
import type { UnsubscribeWay } from './arrivals.ts';

/** Whether a profile wants letters about a topic. */
export interface TopicChoice {
  readonly topic: string;
  readonly state: ConsentState;
}

/** What a reader said about a topic; `wording` is what they agreed to. */
export interface TopicWish {
  readonly topic: string;
  readonly state: 'in' | 'out';
  readonly wording?: string | undefined;
}

/** The person who reads a letter, as far as the public pages show it. */
export interface LetterReader {
  readonly profileId: number;
  readonly address: string;
  /** Where the letter went: another address when theirs was changed or profiles were merged since. */
  readonly sentTo: string | undefined;
  /** The topic of the letter's run. */
  readonly topic: string;
  /** The letter's topic is always among them. */
  readonly topics: readonly TopicChoice[];
  /** Their own limit; undefined when they chose none. */
  readonly frequency: Frequency | undefined;
  readonly quietHours: QuietHours | undefined;
  /** IANA name; undefined when it is not known. */
  readonly timeZone: string | undefined;
  /** No letters before this moment, ms. */
  readonly pausedUntil: number | undefined;
  /** As a BCP 47 tag, or whatever the attribute `language` says; undefined when it is not known. */
  readonly language: string | undefined;
}

/**
 * What a reader changed on the preference page. What is not named stays as it is by then: another page, or a shop's
 * own form, may have changed it in the same moment.
 */
export interface PreferenceChoices extends PreferencesChange {
  readonly topics: readonly TopicWish[];
  /** Kept as the attribute `language`, where segments and letters find it; null takes it away. */
  readonly language?: string | null;
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
    proof?: string,
  ): Promise<LetterReader | undefined>;
  /** Takes an opt-out from the letter's topic back; nothing for those who are not out of it. */
  optIn(
    sendId: number,
    at: number,
    agent: string | undefined,
    proof?: string,
  ): Promise<LetterReader | undefined>;
  /** Stores what was chosen in one transaction; going out of the letter's topic is an unsubscribe as well. */
  choose(
    sendId: number,
    choices: PreferenceChoices,
    at: number,
    proof?: string,
  ): Promise<LetterReader | undefined>;
  /** Takes the reader out of every topic at once, as `choose` would. */
  stopAll(sendId: number, at: number, proof?: string): Promise<LetterReader | undefined>;
  /** What is stored about a profile, for the customer's own eyes; undefined when there is no such profile. */
  about(profileId: number, newest: number): Promise<AboutReader | undefined>;
  /** Fails when the database does not answer. */
  ping(): Promise<void>;
}

/** What is stored about a customer, as the page shows it to them. */
export interface AboutReader {
  readonly profile: Profile;
  /** Names under which other systems know them. */
  readonly externalIds: readonly { readonly source: string; readonly value: string }[];
  readonly consents: readonly Consent[];
  /** Every statement about consent, oldest first. */
  readonly history: readonly Consent[];
  readonly suppression: Suppression | undefined;
  readonly summary: readonly EventSummary[];
  /** Newest first, as many as were asked for. */
  readonly timeline: readonly StoredEvent[];
  /** Newest first, as many as were asked for. */
  readonly letters: readonly ReaderLetter[];
  readonly letterCount: number;
}

/** A send as its reader sees it. */
export interface ReaderLetter {
  readonly campaign: string;
  readonly topic: string;
  readonly state: string;
  readonly reason: string | undefined;
  /** When it left, was decided against, or was planned, ms. */
  readonly at: number;
  readonly opened: boolean;
  readonly clicked: boolean;
  readonly replied: boolean;
  readonly unsubscribed: boolean;
}

const decisionSchema = z.object({ links: z.array(z.string()) });
const receiverSchema = z.object({ to: z.object({ address: z.string() }) });
const sourceSchema = z.object({ links: z.array(z.string()) });

/** The links that are the same in every letter of a stored source; earlier ones name none. */
export function linksOfSource(source: unknown): readonly string[] {
  return sourceSchema.safeParse(source).data?.links ?? [];
}

/** The links of a send's decision, which is kept as JSON text; none when it cannot be read. */
export function linksOfDecision(decision: string | null): readonly string[] {
  return decisionSchema.safeParse(parsed(decision)).data?.links ?? [];
}

/** The address that the decision's letter went to; undefined when it cannot be read. */
export function addressOfDecision(decision: string | null): string | undefined {
  return receiverSchema.safeParse(parsed(decision)).data?.to.address;
}

function parsed(decision: string | null): unknown {
  if (decision === null) return undefined;
  try {
    return JSON.parse(decision);
  } catch {
    return undefined;
  }
}
