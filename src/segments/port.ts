import type { ExternalId } from '../profiles/identity.ts';
import type { ResolvedRule, Rule } from './rule.ts';
import type { Segment } from './segment.ts';

/** A segment as it is kept. */
export interface SavedSegment extends Segment {
  readonly follow: boolean;
  /** The last look at who entered and left, ms since 1970 UTC; undefined before the first. */
  readonly followedAt: number | undefined;
  /** When the rule or what is said about it last changed, ms since 1970 UTC. */
  readonly updatedAt: number;
}

/** One profile of a segment, as an example. */
export interface Member {
  readonly id: number;
  /** null for a profile that is known by external ids alone. */
  readonly email: string | null;
}

/** A profile of a segment as it is exported. */
export interface ExportedMember extends Member {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** By source, the oldest first; without those of browsers, mere claims, and former addresses. */
  readonly externalIds: readonly ExternalId[];
}

/**
 * Saved segments, and the profiles that fit a rule. Wherever a rule is given it may point at saved segments;
 * times are ms since 1970 UTC, and events later than `now` have not happened yet.
 */
export interface SegmentStore {
  /**
   * Saves a segment under its name, in the place of one that has the name already.
   * @throws DearError when it points at an unknown segment or, through others, at itself.
   */
  save(segment: Segment, now: number): Promise<'added' | 'changed' | 'unchanged'>;
  /** @throws DearError `segment.unknown`. */
  get(name: string): Promise<SavedSegment>;
  /** All of them, by name. */
  list(): Promise<SavedSegment[]>;
  /** @throws DearError `segment.unknown`, or `segment.in-use` while another segment points at it. */
  remove(name: string): Promise<void>;
  /** The rule with the saved segments in the place of their names: what a run freezes. */
  resolve(rule: Rule): Promise<ResolvedRule>;
  /** How many profiles fit. Scans off the event loop. */
  count(rule: Rule, now: number): Promise<number>;
  /** At most `size` of those who fit, spread over all of them, the same ones each time. */
  sample(rule: Rule, now: number, size: number): Promise<Member[]>;
  /** The ids of all who fit, ascending, a thousand at a time, from one snapshot; after `afterId` when given. */
  members(rule: Rule, now: number, options?: { afterId?: number }): AsyncIterable<number[]>;
  /** All who fit with what is known of them, by id, a thousand at a time, from one snapshot. */
  export(rule: Rule, now: number): AsyncIterable<ExportedMember[]>;
  /** Those of a batch of profiles (some hundreds) who fit. */
  matching(rule: Rule, now: number, profileIds: readonly number[]): Promise<Set<number>>;
}
