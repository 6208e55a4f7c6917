/** What waits for its time. */
export interface Timed {
  /** When it is due. */
  due: number;
  /** Where it stands in the heap; the heap's own. */
  slot: number;
  /** Which of two that are due at once came first; the heap's own. */
  turn: number;
}

/** Things by the time at which they are due; those that are due at once in the order in which they came. */
export class DueHeap<T extends Timed> {
  readonly #items: T[] = [];
  #turn = 0;

  get size(): number {
    return this.#items.length;
  }

  /** The one that is due first. */
  get first(): T | undefined {
    return this.#items[0];
  }

  /** All of them, from the first that is due to the last. */
  sorted(): T[] {
    return this.#items.toSorted(compare);
  }

  /** `item` must not be in the heap, and its time must not change while it is. */
  add(item: T): void {
    this.#turn += 1;
    item.turn = this.#turn;
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  /** `item` must be in the heap. */
  remove(item: T): void {
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#rise(last, item.slot);
    this.#sink(last);
  }

  #rise(item: T, from: number): void {
    let slot = from;
    while (slot > 0) {
      const above = this.#items[(slot - 1) >> 1];
      if (above === undefined || compare(above, item) <= 0) break;
      slot = this.#put(above, slot, (slot - 1) >> 1);
    }
    this.#put(item, slot, slot);
  }

  #sink(item: T): void {
    let { slot } = item;
    for (;;) {
      const below = this.#sooner(2 * slot + 1, 2 * slot + 2);
      if (below === undefined || compare(item, below) <= 0) break;
      slot = this.#put(below, slot, below.slot);
    }
    this.#put(item, slot, slot);
  }

  #sooner(one: number, other: number): T | undefined {
    const [a, b] = [this.#items[one], this.#items[other]];
    return a !== undefined && b !== undefined && compare(b, a) < 0 ? b : a;
  }

  /** Puts `item` into `slot`; answers with the slot that is free now. */
  #put(item: T, slot: number, free: number): number {
    this.#items[slot] = item;
    item.slot = slot;
    return free;
  }
}

function compare(a: Timed, b: Timed): number {
  return a.due - b.due || a.turn - b.turn;
}
