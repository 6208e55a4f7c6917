import type { Moment } from './letter-writer.ts';
import type { Batch, Letter } from './scriptorium.ts';

/** So many letters are written in one go. */
const CHUNK = 16;

/**
 * The letters of a batch, each when it is asked for; those near it are written with it and those behind it ahead, so
 * that a connection seldom waits for one and few are in memory.
 */
export class LettersAhead {
  readonly #batch: Batch;
  readonly #moment: Moment;
  readonly #chunks: readonly (readonly number[])[];
  readonly #places: ReadonlyMap<number, number>;
  readonly #written = new Map<number, Promise<Map<number, Letter>>>();

  /** @param ids of the sends, in the order in which they are likely to be asked for */
  constructor(batch: Batch, ids: readonly number[], moment: Moment) {
    this.#batch = batch;
    this.#moment = moment;
    const count = Math.ceil(ids.length / CHUNK);
    this.#chunks = Array.from({ length: count }, (_, index) => ids.slice(index * CHUNK, (index + 1) * CHUNK));
    this.#places = new Map(ids.map((id, index) => [id, Math.floor(index / CHUNK)]));
    if (count > 0) this.#write(0);
  }

  /** The letter of a send, once: its bytes are the caller's then. */
  async take(id: number): Promise<Letter | undefined> {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const chunk = this.#write(place);
    if (place + 1 < this.#chunks.length) this.#write(place + 1);
    const letters = await chunk;
    const letter = letters.get(id);
    letters.delete(id);
    return letter;
  }

  #write(place: number): Promise<Map<number, Letter>> {
    const known = this.#written.get(place);
    if (known !== undefined) return known;
    const writing = this.#batch
      .write(this.#chunks[place] ?? [], this.#moment)
      .then((letters) => new Map(letters.map((letter) => [letter.sendId, letter])));
    writing.catch(() => undefined); // Whoever takes a letter of it hears of the failure.
    this.#written.set(place, writing);
    return writing;
  }
}
