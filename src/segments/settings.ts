import { defaultTraitSettings, type TraitSettings } from '../profiles/trait-settings.ts';

/** What rules mean beyond what they say: it is the same for all rules of an installation. */
export interface RuleSettings {
  readonly traits: TraitSettings;
  /** The time zone of days and periods in rules that name none. */
  readonly zone: string;
}

export const defaultRuleSettings: RuleSettings = { traits: defaultTraitSettings, zone: 'UTC' };
