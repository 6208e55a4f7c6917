/** An event as a file states it. */
export interface StatedEvent {
  /** The id of a profile that exists, or an address as `normaliseEmail` gives it. */
  readonly whose: number | string;
  /** See `givenKey`; undefined for an event that is told apart by its `digest`. */
  readonly key: string | undefined;
  /** See `digestOfEvent`. */
  readonly digest: number;
  readonly type: string;
  readonly at: number;
  /** The text of a JSON object that has passed `wrongJson`. */
  readonly properties: string;
}

/**
 * What an event is to the one that is stored under its key: the same; the same that says something else now
 * (`restated`); or another one, of another type or customer, whose key it has by mistake. What is stored stays.
 */
export type Copy = 'same' | 'restated' | 'other';

/** Why an event is refused whose key another one has. */
export const KEY_TAKEN =
  'another event, of another type or customer, is stored under its id: an id must be that of one event only';

/** What came of writing events, before those that were not added are looked at. */
export interface StatedWritten {
  readonly added: number;
  readonly duplicates: number;
  readonly profilesAdded: number;
  /** The events, by place, that were left out because no profile has their address. */
  readonly nobody: readonly { readonly place: number; readonly isErased: boolean }[];
}

export interface StatedCounts extends StatedWritten {
  /** Known already, `restated` ones among them. */
  readonly duplicates: number;
  readonly restated: number;
  /** The events, by place, that were left out because another event has their key. */
  readonly others: readonly number[];
}

/**
 * Events of a file, column by column. An object for each would live long enough to grow old: collecting those that
 * wait to be stored took as long as reading them.
 */
export class StatedEvents {
  /** Addresses, each once. */
  readonly #addresses = new Map<string, number>();
  readonly #types = new Map<string, number>();
  readonly #keys: (string | null)[] = [];
  readonly #properties: string[] = [];
  #whose = new Float64Array(256);
  #typePlaces = new Uint16Array(256);
  #digests = new Float64Array(256);
  #moments = new Float64Array(256);
  #size = 0;
  #isKeyed = false;

  static of(events: Iterable<StatedEvent>): StatedEvents {
    const all = new StatedEvents();
    for (const event of events) all.add(event);
    return all;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether any of them came with a key. */
  get isKeyed(): boolean {
    return this.#isKeyed;
  }

  add({ whose, key, digest, type, at, properties }: StatedEvent): void {
    const place = this.#size;
    if (place === this.#whose.length) this.#grow();
    this.#whose[place] = typeof whose === 'number' ? whose : -1 - placeOf(this.#addresses, whose);
    this.#typePlaces[place] = placeOf(this.#types, type);
    this.#digests[place] = digest;
    this.#moments[place] = at;
    this.#keys.push(key ?? null);
    this.#isKeyed ||= key !== undefined;
    this.#properties.push(properties);
    this.#size = place + 1;
  }

  #grow(): void {
    const room = this.#size * 2;
    const grown = <A extends { set(from: A): void }>(to: A, from: A) => {
      to.set(from);
      return to;
    };
    this.#whose = grown(new Float64Array(room), this.#whose);
    this.#typePlaces = grown(new Uint16Array(room), this.#typePlaces);
    this.#digests = grown(new Float64Array(room), this.#digests);
    this.#moments = grown(new Float64Array(room), this.#moments);
  }

  columns() {
    const size = this.#size;
    return {
      /** Addresses, each once, and the profile id of each event, or -1 - the place of its address. */
      addresses: [...this.#addresses.keys()],
      whose: this.#whose.slice(0, size),
      /** Types, each once, and each event's place among them. */
      types: [...this.#types.keys()],
      typePlaces: this.#typePlaces.slice(0, size),
      keys: this.#keys,
      digests: this.#digests.slice(0, size),
      moments: this.#moments.slice(0, size),
      properties: this.#properties,
    };
  }

  /** One after the other, as they were added. */
  list(): StatedEvent[] {
    const { addresses, whose, types, typePlaces, keys, digests, moments, properties } = this.columns();
    return properties.map((text, place) => {
      const who = whose[place] ?? 0;
      return {
        whose: who >= 0 ? who : (addresses[-1 - who] ?? ''),
        key: keys[place] ?? undefined,
        digest: digests[place] ?? Number.NaN,
        type: types[typePlaces[place] ?? 0] ?? '',
        at: moments[place] ?? 0,
        properties: text,
      };
    });
  }
}

function placeOf(places: Map<string, number>, text: string): number {
  const known = places.get(text);
  if (known !== undefined) return known;
  const place = places.size;
  places.set(text, place);
  return place;
}
