import type { JsonObject } from './json.ts';

/** What can be done with customers' data. */
export const auditActions = [
  'read',
  'export',
  'change',
  'import',
  'merge',
  'erase',
  'expire',
  'discard',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** What it was done with: ids and names of ours, never an address or anything else of a customer's. */
export type AuditSubject =
  | `profile:${number}`
  | `segment:${string}`
  | `campaign:${string}`
  | 'profiles'
  | 'events'
  | 'suppressions'
  | 'keys'
  | 'retention'
  | 'inbox';

/** Who did what with what. */
export interface AuditNote {
  /** A user of the machine, `api key NAME`, `customer`, or a part of Dear that acts by itself. */
  readonly actor: string;
  readonly action: AuditAction;
  readonly subject: AuditSubject;
  /** Counts, names of fields, ids: never their values. It goes when the profile is erased. */
  readonly detail?: JsonObject | undefined;
}

/** A note as it is kept. */
export interface AuditEntry {
  readonly id: number;
  /** ms since 1970, by the database's clock. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>> | undefined;
}

/** Which entries are asked for; all of the given conditions hold. */
export interface AuditQuery {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly action?: AuditAction | undefined;
  /** Not before this moment, ms. */
  readonly since?: number | undefined;
  readonly limit: number;
}

/** The log is only ever appended to; erasing a profile empties the details of its entries. */
export interface AuditStore {
  add(note: AuditNote): Promise<void>;
  /** The newest first. */
  list(query: AuditQuery): Promise<AuditEntry[]>;
}

/** The customer themselves, on the preference page. */
export const CUSTOMER = 'customer';

/** A profile as the subject of an entry. */
export const profileSubject = (profileId: number): AuditSubject => `profile:${profileId}`;
