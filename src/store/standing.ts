import {
  type Consent,
  type ConsentChange,
  type ConsentState,
  effectOf,
  momentOf,
} from '../profiles/consent.ts';
import type { BulkRow } from './database.ts';

/*
 * A profile's consents and what becomes of them. Nothing here may load drizzle: the thread for bulk work does without.
 */

/** The columns of both tables, in the order of `consentRow`. */
export const consentColumns = {
  profile_id: 'int',
  topic: 'text',
  state: 'text',
  at: 'int',
  source: 'text',
  wording: 'text',
  proof: 'text',
} as const;

/** Where one profile stands with its topics, while statements about it are taken in one transaction. */
export class Standing {
  readonly #current: Map<string, Consent>;
  readonly #changed = new Set<string>();
  readonly #newer: Consent[] = [];
  readonly #older: Consent[] = [];

  constructor(current: Iterable<Consent> = []) {
    this.#current = new Map([...current].map((consent) => [consent.topic, consent]));
  }

  /** Takes one statement; true when it became the state. */
  take(change: ConsentChange, now: number): boolean {
    const current = this.#current.get(change.topic);
    const effect = effectOf(current, change);
    if (effect === 'nothing') return false;
    const consent = { ...change, at: momentOf(current, change, now) };
    if (effect === 'history') {
      this.#older.push(consent);
      return false;
    }
    this.#current.set(change.topic, consent);
    this.#changed.add(change.topic);
    this.#newer.push(consent);
    return true;
  }

  states(): Consent[] {
    return [...this.#current.values()].filter((consent) => this.#changed.has(consent.topic));
  }

  newer(): readonly Consent[] {
    return this.#newer;
  }

  older(): readonly Consent[] {
    return this.#older;
  }
}

/** What tells statements of a profile apart. */
export const statementKey = (id: number, consent: { topic: string; state: string; at: number }) =>
  `${id} ${consent.topic} ${consent.state} ${consent.at}`;

export const consentRow = (id: number, consent: Consent): BulkRow => [
  id,
  consent.topic,
  consent.state,
  consent.at,
  consent.source,
  consent.wording ?? null,
  consent.proof ?? null,
];

export interface ConsentRow {
  readonly profileId: number;
  readonly topic: string;
  readonly state: string;
  readonly at: number;
  readonly source: string;
  readonly wording: string | null;
  readonly proof: string | null;
}

/** A row as the domain has it. */
export function consentOf(row: ConsentRow): Consent {
  const { topic, at, source, wording, proof } = row;
  return {
    topic,
    state: consentState(row.state),
    at,
    source,
    ...(wording === null ? {} : { wording }),
    ...(proof === null ? {} : { proof }),
  };
}

/** Whatever is not known to be an agreement counts as none. */
export function consentState(text: string): ConsentState {
  return text === 'in' || text === 'pending' ? text : 'out';
}
