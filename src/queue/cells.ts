/** A small text that all processes share, and by what it is found again: a moment, ms; 0 for not at all. */
export interface Cell {
  readonly value: string;
  readonly rank: number;
}

/**
 * Small texts beside the jobs that all processes change in turn. They may get lost like any job, and one that nobody
 * writes for a day goes away.
 */
export interface Cells {
  /**
   * Reads the named cells and writes what `decide` makes of them by the server's clock, as if nobody else did
   * anything meanwhile. `decide` must be pure: it is asked again when somebody was quicker.
   * @throws DearError `queue.unreachable` when the server does not answer.
   */
  change<T extends { readonly cells: ReadonlyMap<string, Cell> }>(
    names: readonly string[],
    decide: (values: ReadonlyMap<string, string>, now: number) => T,
  ): Promise<T>;
  /** The cells whose rank lies within the last so many milliseconds. */
  recent(withinMs: number): Promise<ReadonlyMap<string, string>>;
}
