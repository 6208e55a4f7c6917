/** Texts, each with the place at which it came first. */
export class Places {
  readonly #places = new Map<string, number>();

  of(text: string): number {
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = this.#places.size;
    this.#places.set(text, place);
    return place;
  }

  texts(): string[] {
    return [...this.#places.keys()];
  }
}
