/**
 * Types of attributes as they are stored. A text of the form `2026-11-30`, alone or followed by `T` and a time, with
 * an offset or without, is a date when there is such a day: rules compare it as one.
 */
export const attributeTypes = ['number', 'boolean', 'date', 'text', 'list', 'object'] as const;
export type AttributeType = (typeof attributeTypes)[number];

/** One attribute over all profiles. */
export interface AttributeFacts {
  readonly name: string;
  /** How many profiles have it. */
  readonly filled: number;
  /** Of how many values each type is, the most frequent first. */
  readonly types: readonly { readonly type: AttributeType; readonly count: number }[];
  /** How many different values there are; texts that agree in their first 200 characters count as one. */
  readonly distinct: number;
  /** The most frequent values as texts, lists and objects as JSON, cut to 200 characters. */
  readonly common: readonly CommonValue[];
}

export interface CommonValue {
  readonly type: AttributeType;
  readonly value: string;
  readonly count: number;
}

export interface AttributeSurvey {
  readonly profiles: number;
  /** By name. */
  readonly attributes: readonly AttributeFacts[];
}

export interface AttributeStore {
  /** All attributes with their `common` most frequent values, or one of them. Reads off the event loop. */
  survey(common: number, name?: string): Promise<AttributeSurvey>;
}
