/** What stands in a line knows its neighbours, so that it can leave from anywhere at once. */
export interface InLine<T> {
  before: T | undefined;
  after: T | undefined;
}

/** Things in the order in which they came. Each step costs the same, however many there are. */
export class Line<T extends InLine<T>> implements Iterable<T> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first;
  }

  /** `item` must not stand in any line. */
  append(item: T): void {
    item.before = this.#last;
    item.after = undefined;
    if (this.#last === undefined) this.#first = item;
    else this.#last.after = item;
    this.#last = item;
    this.#size += 1;
  }

  /** Puts `item`, which must not stand in any line, before all others. */
  prepend(item: T): void {
    item.before = undefined;
    item.after = this.#first;
    if (this.#first === undefined) this.#last = item;
    else this.#first.before = item;
    this.#first = item;
    this.#size += 1;
  }

  /** `item` must stand in this line. */
  remove(item: T): void {
    if (item.before === undefined) this.#first = item.after;
    else item.before.after = item.after;
    if (item.after === undefined) this.#last = item.before;
    else item.after.before = item.before;
    item.before = undefined;
    item.after = undefined;
    this.#size -= 1;
  }

  /** From the first to the last. The item that was handed out last may leave meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let item = this.#first; item !== undefined; ) {
      const { after } = item;
      yield item;
      item = after;
    }
  }
}
