import { setTimeout as wait } from 'node:timers/promises';
import { DearError } from '../errors.ts';
import { type AuditStore, CUSTOMER, profileSubject } from './audit.ts';
import type { Profile } from './port.ts';
import { writeFrequency, writeQuietHours } from './preferences.ts';
import { outwardRows } from './sources.ts';

const SETTLE_MS = 5000;
const LOOK_AGAIN_MS = 100;

/** Rows about a person as they are stored: names in camelCase, times as ISO 8601, nothing that is empty. */
export type StoredRow = Readonly<Record<string, unknown>>;

/** Everything that is stored about one person, by table. */
export interface Holdings {
  readonly profile: Profile;
  readonly rows: Readonly<Record<string, readonly StoredRow[]>>;
}

/** What an erasure did; numbers only. */
export interface Erasure {
  readonly profileId: number;
  /** How many rows were removed or emptied, by table. */
  readonly removed: Readonly<Record<string, number>>;
  /** Letters that waited for the person and are skipped now. */
  readonly skipped: number;
  /** Letters that were on their way and whose end nobody waited for: they count as unknown. */
  readonly unknown: number;
  /** How many identifiers (address, former addresses, external ids) are kept as a mark, so that none comes back. */
  readonly marks: number;
  /** What a person wrote that still names the address, such as a segment's rule; Dear does not rewrite it. */
  readonly mentions: readonly string[];
}

/** What the store does for it. */
export interface PrivacyStore {
  /** Undefined when there is no such profile. */
  holdings(profileId: number): Promise<Holdings | undefined>;
  /** Skips what waits for the person; returns how many, and how many of their letters are on their way right now. */
  halt(profileId: number): Promise<{ readonly skipped: number; readonly inFlight: number }>;
  /** Erases in one transaction and notes it in the audit log; undefined when there is no such profile. */
  erase(profileId: number, by: string): Promise<Erasure | undefined>;
  /** Those of the addresses that belong to people who were erased. */
  erasedAmong(addresses: readonly string[]): Promise<Set<string>>;
  /** Lets an erased person come back who asks for it; false when the address was never erased. */
  readmit(address: string): Promise<boolean>;
  /** Whether the letter's customer was erased. */
  isErasedLetter(sendId: number): Promise<boolean>;
  /**
   * Removes what others wrote about an erased profile while it was being erased, of erasures since `since` (ms).
   * @returns how many rows
   */
  eraseEchoes(since: number): Promise<number>;
}

/** Everything about one person as one JSON document. */
export interface PersonExport {
  readonly format: 'dear.person/1';
  readonly exportedAt: string;
  readonly profile: StoredRow;
  /** Events, consents, letters, mails, and so on: the rows of each table. */
  readonly [table: string]: unknown;
}

/** Taking along and erasing, with the audit log kept. */
export interface Privacy {
  /**
   * The customer's own copy says of a consent that it came by an import, without the file's name.
   * @throws DearError `profile.unknown`
   */
  export(profileId: number, by: string): Promise<PersonExport>;
  /**
   * Erases for good. Letters that wait are skipped first; those on their way get some seconds to arrive.
   * @throws DearError `profile.unknown`
   */
  erase(profileId: number, by: string): Promise<Erasure>;
}

/** The rights of a customer over the given stores. `by` is the actor of the audit log. */
export function makePrivacy(
  store: PrivacyStore,
  audit: Pick<AuditStore, 'add'>,
  clock: () => number = Date.now,
): Privacy {
  return {
    export: async (profileId, by) => {
      const holdings = await store.holdings(profileId);
      if (holdings === undefined) throw unknownProfile(profileId);
      await audit.add({ actor: by, action: 'export', subject: profileSubject(profileId) });
      return exportOf(
        by === CUSTOMER ? { ...holdings, rows: outwardRows(holdings.rows) } : holdings,
        clock(),
      );
    },
    erase: async (profileId, by) => {
      const until = clock() + SETTLE_MS;
      let { skipped, inFlight } = await store.halt(profileId);
      while (inFlight > 0 && clock() < until) {
        await wait(LOOK_AGAIN_MS);
        const again = await store.halt(profileId);
        skipped += again.skipped;
        inFlight = again.inFlight;
      }
      const erasure = await store.erase(profileId, by);
      if (erasure === undefined) throw unknownProfile(profileId);
      return { ...erasure, skipped: skipped + erasure.skipped };
    },
  };
}

function exportOf({ profile, rows }: Holdings, now: number): PersonExport {
  const iso = (at: number) => new Date(at).toISOString();
  return {
    format: 'dear.person/1',
    exportedAt: iso(now),
    profile: {
      id: profile.id,
      email: profile.email ?? null,
      attributes: profile.attributes,
      timeZone: profile.timeZone ?? null,
      frequency: profile.frequency ? writeFrequency(profile.frequency) : null,
      quietHours: profile.quietHours ? writeQuietHours(profile.quietHours) : null,
      pausedUntil: profile.pausedUntil === undefined ? null : iso(profile.pausedUntil),
      createdAt: iso(profile.createdAt),
      updatedAt: iso(profile.updatedAt),
    },
    ...rows,
  };
}

function unknownProfile(profileId: number): DearError {
  return new DearError('profile.unknown', `There is no profile ${profileId}.`, {
    mend: 'It may have been erased already: `dear audit list --action erase` shows it then.',
  });
}
