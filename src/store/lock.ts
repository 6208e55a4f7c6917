/** A queue of promises: whoever asks gets its turn after all who asked before. */
export class Lock {
  #tail: Promise<void> = Promise.resolve();

  /** Runs `work` alone; its failure is the caller's, the next in line goes on. */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }
}
