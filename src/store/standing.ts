import {
  type Consent,
  type ConsentChange,
  type ConsentState,
  effectOf,
  momentsOf,
} from '../profiles/consent.ts';
import type { BulkRow } from './database.ts';

/*
 * A profile's consents and what becomes of them. Nothing here may load drizzle: the thread for bulk work does without.
 */

/** The columns that both tables have, in the order of `consentRow`. */
export const consentColumns = {
  profile_id: 'int',
  topic: 'text',
  state: 'text',
  at: 'int',
  source: 'text',
  wording: 'text',
  proof: 'text',
} as const;

/** Those of the history, in the order of `statementRow`. */
export const statementColumns = { ...consentColumns, stated_at: 'int' } as const;

/** Where one profile stands with its topics, while statements about it are taken in one transaction. */
export class Standing {
  readonly #current: Map<string, Consent>;
  readonly #changed = new Set<string>();
  readonly #newer: Consent[] = [];
  readonly #older: Consent[] = [];
  readonly #ahead: Set<string>;

  /** @param ahead the statements that were told before the moment that they state */
  constructor(current: Iterable<Consent> = [], ahead: Iterable<StatedAhead> = []) {
    this.#current = new Map([...current].map((consent) => [consent.topic, consent]));
    this.#ahead = new Set([...ahead].map(aheadKey));
  }

  /** Takes one statement; true when it became the state. */
  take(change: ConsentChange, now: number): boolean {
    const current = this.#current.get(change.topic);
    const effect = effectOf(current, change, now);
    if (effect === 'nothing' || this.#wasToldAhead(change)) return false;
    const consent = { ...change, ...momentsOf(current, change, now) };
    if (consent.statedAt !== undefined) this.#ahead.add(aheadKey({ ...change, statedAt: consent.statedAt }));
    if (effect === 'history') {
      this.#older.push(consent);
      return false;
    }
    this.#current.set(change.topic, consent);
    this.#changed.add(change.topic);
    this.#newer.push(consent);
    return true;
  }

  /** Such a statement counted when it was told; it is no newer for coming again, even once its moment has passed. */
  #wasToldAhead({ topic, state, at }: ConsentChange): boolean {
    return (
      at !== undefined && this.#ahead.size > 0 && this.#ahead.has(aheadKey({ topic, state, statedAt: at }))
    );
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

/** A statement that stated a moment which was still to come. */
export interface StatedAhead {
  readonly topic: string;
  readonly state: string;
  readonly statedAt: number;
}

const aheadKey = ({ topic, state, statedAt }: StatedAhead) => `${topic} ${state} ${statedAt}`;

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

export const statementRow = (id: number, consent: Consent): BulkRow => [
  ...consentRow(id, consent),
  consent.statedAt ?? null,
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
